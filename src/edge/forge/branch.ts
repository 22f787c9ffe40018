import type { SimpleGit } from 'simple-git';
import { canonicalDigest, digestOf } from '../../model/index.ts';
import type { Forge } from '../../ports.ts';
import { cloneGit, isOnLine, objectNameIn, type PolicyPlace, refsOf } from '../git/index.ts';

/**
 * The branch of an identity. Identities contain slugs that upstreams chose; whatever git does not take in a ref is
 * replaced, and a digest keeps two of them apart.
 */
export function branchOf(identity: string): string {
  const parts = identity.split('/').map((part) =>
    part
      .replace(/[^A-Za-z0-9._+-]/g, '-')
      .replace(/\.{2,}/g, '-')
      .replace(/^[.-]+/, '')
      .replace(/(?:\.lock|\.)$/i, '-')
      .slice(0, 100),
  );
  const name = parts.filter((part) => part !== '').join('/');
  return name === identity ? `sluice/${name}` : `sluice/${name}-${digestOf(identity).slice(0, 8)}`;
}

/** What the controller's commit on a branch is made from; the same question gives the same digest. */
export function contentDigest({ base, changes, message }: Parameters<Forge['put']>[0]): string {
  const files = changes.map(({ path, text }) => ({ path, text: text ?? null }));
  return canonicalDigest({ base, files, message });
}

/** Somebody else than the controller committed to the branch since it left the watched branch. */
export async function editedByOthers(
  place: PolicyPlace,
  head: string,
  main: string,
): Promise<boolean> {
  const answer = await place.git({
    directory: place.clone,
    args: ['log', '--no-mailmap', '--format=%ce', '--end-of-options', head, `^${main}`, '--'],
  });
  const committers = answer.stdout.toString('utf8').split('\n').filter(Boolean);
  return committers.some((email) => email !== place.identity.email);
}

export async function isMerged(place: PolicyPlace, head: string, main: string): Promise<boolean> {
  if (isOnLine(place, head, main)) return true;
  const answer = await place.git({
    directory: place.clone,
    args: ['merge-base', '--is-ancestor', head, main],
    allow: [1],
  });
  return answer.exitCode === 0;
}

/** The tree that a merge of the two would have; undefined when they conflict. */
export async function mergedTree(
  git: SimpleGit,
  main: string,
  head: string,
): Promise<string | undefined> {
  const args = ['--write-tree', '--name-only', '--no-messages', main, head];
  // In a conflict git names the files after the tree and exits with 1, which simple-git may or may not call an error.
  const said = await git.raw('merge-tree', ...args).catch(() => '');
  return /^[0-9a-f]{40,64}$/.test(said.trim()) ? objectNameIn(said, 'the merged tree') : undefined;
}

/** Who asked for a merge, as a last line of its message. */
export const mergedBy = (by: string | undefined): string =>
  by === undefined ? '' : `Merged-by: ${by.replace(/[\p{C}\p{Z}]+/gu, ' ').slice(0, 100)}\n`;

/** Branches that contain the whole watched branch; they cannot conflict with it. */
export async function upToDate(place: PolicyPlace, main: string): Promise<ReadonlySet<string>> {
  const heads = 'refs/policy/heads/';
  const branches = [...(await refsOf(place, place.clone, `${heads}sluice/`))];
  const short = (names: readonly string[]) => new Set(names.map((n) => n.slice(heads.length)));
  // Usually every one was made of the newest commit.
  if (branches.every(([, head]) => isOnLine(place, main, head)))
    return short(branches.map(([n]) => n));
  const format = ['--format=%(refname)', `--contains=${main}`];
  const answer = await place.git({
    directory: place.clone,
    args: ['for-each-ref', ...format, `${heads}sluice`],
  });
  return short(answer.stdout.toString('utf8').split('\n').filter(Boolean));
}

/** Remembers its answers: two commits conflict or they do not, for ever. */
export function conflictCheck(place: PolicyPlace) {
  const known = new Map<string, boolean>();
  return async (main: string, head: string): Promise<boolean> => {
    const key = `${main} ${head}`;
    const found =
      known.get(key) ?? (await mergedTree(await cloneGit(place), main, head)) === undefined;
    if (known.size > 10_000) known.clear();
    known.set(key, found);
    return found;
  };
}
