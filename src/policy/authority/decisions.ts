import type { Decision, Verb } from '../../model/index.ts';
import { isReadAsPolicy } from '../sort-files.ts';
import {
  channelVerbs,
  onlySeverityDiffers,
  policyVerbs,
  promotionVerbs,
  siteDecisions,
  updateVerbs,
} from './changed-values.ts';
import { documentOf, type PackagesOf, packagesOf } from './packages-of.ts';

/** What one commit changes, against its first parent. */
export interface CommitChange {
  readonly paths: readonly string[];
  /** Path → text before and after: of every changed file, and of `alsoNeeded`. */
  readonly before: ReadonlyMap<string, string>;
  readonly after: ReadonlyMap<string, string>;
  /** Every promotion that the commit's tree has. */
  readonly promotions: readonly string[];
  /** Key files that people in access.yaml have, before or after. */
  readonly accessKeys: ReadonlySet<string>;
}

/**
 * The difference as verbs on objects, file by file. A file that cannot be read asks for the strongest verb of its place,
 * so that a mistake in it never makes a decision cheaper.
 */
export function decisionsOf(change: CommitChange): readonly Decision[] {
  return change.paths.flatMap((path) => decided(change, path));
}

/** Files that say what changed promotions bring. */
export const alsoNeeded = (paths: readonly string[]): readonly string[] =>
  paths.flatMap((path) => {
    const slug = /^promotions\/[^/]+\/([^/]+\.yaml)$/.exec(path)?.[1];
    return slug === undefined ? [] : [`updates/${slug}`];
  });

function decided(change: CommitChange, path: string): readonly Decision[] {
  if (path === 'sluice.yaml') return siteDecisions(change, path);
  if (path === 'access.yaml' || change.accessKeys.has(path)) {
    return [plain('change-access', 'access', path)];
  }
  const [folder = '', ...rest] = path.split('/');
  const name = rest.join('/').replace(/\.yaml$/, '');
  const inFolder = Object.hasOwn(folders, folder) ? folders[folder] : undefined;
  if (inFolder !== undefined && rest.length > 0) return inFolder({ change, path, name });
  return isReadAsPolicy(path) ? [plain('change-policy', path, path)] : [];
}

interface Case {
  readonly change: CommitChange;
  readonly path: string;
  readonly name: string;
}

const folders: Readonly<Record<string, (at: Case) => readonly Decision[]>> = {
  keys: ({ path }) => [plain('change-upstream', path, path)],
  upstreams: ({ path, name }) => [plain('change-upstream', `upstream/${name}`, path)],
  policies: ({ change, path, name }) =>
    policyVerbs(change.before.get(path), change.after.get(path)).map((verb) =>
      plain(verb, `policy/${name}`, path),
    ),
  patches: ({ path }) => [plain('build', path, path)],
  channels: ({ change, path, name }) =>
    channelVerbs(change, path).map((verb) => plain(verb, `channel/${name}`, path)),
  promotions: ({ change, path, name }) => promotionDecisions(change, path, name),
  updates: updateDecisions,
  holds: ({ change, path, name }) => {
    const brings = packagesOf([change.before.get(path), change.after.get(path)], 'Hold');
    const object = { object: `hold/${name}`, path, ...brings };
    return addedOrTaken(change, path, ['hold', 'lift-hold']).map((verb) => ({ verb, ...object }));
  },
  freezes: ({ change, path, name }) =>
    addedOrTaken(change, path, ['freeze', 'lift-freeze']).map((verb) =>
      plain(verb, `freeze/${name}`, path),
    ),
  waivers: ({ path, name }) => [plain('waive', `waiver/${name}`, path)],
};

const plain = (verb: Verb, object: string, path: string): Decision => ({
  verb,
  object,
  also: [],
  packages: [],
  path,
});

function addedOrTaken(
  change: CommitChange,
  path: string,
  [added, taken]: readonly [Verb, Verb],
): readonly Verb[] {
  const [had, has] = [change.before.has(path), change.after.has(path)];
  return [...(has ? [added] : []), ...(had ? [taken] : [])];
}

function promotionDecisions(change: CommitChange, path: string, name: string): readonly Decision[] {
  const update = alsoNeeded([path])[0] ?? '';
  const verbs = promotionVerbs(change.before.get(path), change.after.get(path));
  return verbs.map((verb) => {
    const text = (verb === 'rollback' ? change.before : change.after).get(update);
    return { verb, object: `promotion/${name}`, path, ...packagesOf([text], 'Update') };
  });
}

/** A new update is only an offer; one that is promoted already brings its new content with it. */
function updateDecisions({ change, path, name }: Case): readonly Decision[] {
  const before = change.before.get(path);
  const after = change.after.get(path);
  const brings: PackagesOf = packagesOf([before, after], 'Update');
  const hurried = after !== undefined && onlySeverityDiffers(before, after);
  const verbs =
    after === undefined
      ? ['withdraw' as const]
      : hurried
        ? ['expedite' as const]
        : updateVerbs(before, after);
  const own = verbs.map((verb): Decision => ({ verb, object: `update/${name}`, path, ...brings }));
  if (after === undefined || hurried || sameContent(before, after)) return own;
  const promoted = change.promotions.filter(
    (p) =>
      p.split('/')[2] === `${name}.yaml` && !(change.paths.includes(p) && !change.before.has(p)),
  );
  const object = (p: string) => p.replace(/^promotions\//, '').replace(/\.yaml$/, '');
  return [
    ...own,
    ...promoted.map(
      (p): Decision => ({
        verb: 'promote',
        object: `promotion/${object(p)}`,
        path,
        ...brings,
      }),
    ),
  ];
}

function sameContent(before: string | undefined, after: string): boolean {
  if (before === undefined) return false;
  const [a, b] = [documentOf(before), documentOf(after)];
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b);
}
