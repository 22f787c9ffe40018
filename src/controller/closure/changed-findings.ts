import {
  type Dependency,
  isSourcePackage,
  type Nevra,
  nevraText,
  type PackageDependencies,
  type Sha256,
} from '../../model/index.ts';
import {
  archFamily,
  dependencyIndex,
  dependencyText,
  isPrimaryPath,
  isTouched,
  markAs,
  nameMark,
  namesAskedBy,
  type RequirementFinding,
  sortedFindings,
  type TouchedNames,
  touchedNames,
} from '../../rpm/index.ts';
import type { GroupNames, Store } from '../../store/index.ts';
import type { ChangedPackages } from './changed-packages.ts';
import type { CheckedPackages } from './checked-packages.ts';
import { holdersOf } from './holders.ts';
import { packagesWith } from './packages-with.ts';

export interface Change {
  readonly checked: CheckedPackages;
  /** Of all groups of what is checked. */
  readonly names: readonly GroupNames[];
  readonly before: readonly RequirementFinding[];
  readonly packages: ChangedPackages;
}

/**
 * What the earlier check found, with what the change made of it: asked are the requirements of what entered, and of the
 * rest those that look up a name which something provided that left or entered.
 */
export async function changedFindings(
  store: Store,
  change: Change,
): Promise<readonly RequirementFinding[]> {
  const { checked, packages } = change;
  // The role off again: what is left is the mark of the path.
  const paths = [...packages.paths].map((mark) => markAs('holds', mark));
  const touched = touchedNames({ ...packages, paths });
  const parts: Parts = new Map();
  const again = await askAgain(store, change, { touched, parts });
  const answered = await askForEntered(store, change, { touched, parts });
  const asked = new Set(requirementsIn(parts).flatMap((r) => [...namesAskedBy(r)]));
  await addProviders(store, change, { asked, parts });
  const index = dependencyIndex();
  for (const part of parts.values()) index.enter(part);
  const unlisted = new Set([...asked].filter(isUnlisted));
  for (const { sha256, nevra, files } of await holdersOf(store, checked, unlisted)) {
    if (!parts.has(sha256)) index.enter({ ...nothingOf({ sha256, nevra }), files: [] });
    index.addFiles(sha256, files);
  }
  const gone = new Set(packages.left.map((p) => p.sha256));
  const stays = (f: RequirementFinding) => !gone.has(f.sha256) && !again.has(keyOf(f));
  return sortedFindings([...change.before.filter(stays), ...answered, ...index.findings()]);
}

/** Of each package what has to be asked and what may answer. */
type Parts = Map<Sha256, Part>;
interface Part extends PackageDependencies {
  readonly requires: Dependency[];
  readonly provides: Dependency[];
  readonly files: string[];
}

type Package = Pick<PackageDependencies, 'sha256' | 'nevra'>;
const nothingOf = ({ sha256, nevra }: Package): Part => ({
  ...{ sha256, nevra, requires: [], provides: [], files: [] },
});

function partOf(parts: Parts, one: Package): Part {
  const part = parts.get(one.sha256) ?? nothingOf(one);
  parts.set(one.sha256, part);
  return part;
}

const requirementsIn = (parts: Parts): readonly Dependency[] =>
  [...parts.values()].flatMap((part) => part.requires);

const keyOf = ({ sha256, requirement }: Pick<RequirementFinding, 'sha256' | 'requirement'>) =>
  `${sha256}\n${requirement}`;

/** What stayed and may be answered otherwise now; tells which findings do not count any more. */
async function askAgain(
  store: Store,
  { names, checked, packages }: Change,
  { touched, parts }: { readonly touched: TouchedNames; readonly parts: Parts },
): Promise<ReadonlySet<string>> {
  const marks = [
    ...[...touched.plain].map((mark) => markAs('requires', mark)),
    ...[...touched.rich].map((mark) => markAs('requiresRich', mark)),
  ];
  const entered = new Set(packages.entered.map((p) => p.sha256));
  const again = new Set<string>();
  for await (const one of packagesWith(store, { checked, names, marks })) {
    if (entered.has(one.sha256)) continue;
    const asking = one.requires.filter((r) => isTouched(r, touched));
    if (asking.length > 0) partOf(parts, one).requires.push(...asking);
    for (const dependency of asking) {
      again.add(keyOf({ sha256: one.sha256, requirement: dependencyText(dependency) }));
    }
  }
  return again;
}

/** Tells what is known to be lacking without asking. */
async function askForEntered(
  store: Store,
  change: Change,
  { touched, parts }: { readonly touched: TouchedNames; readonly parts: Parts },
): Promise<readonly RequirementFinding[]> {
  const isKnowable = (r: Dependency): boolean => isUnlisted(r.name) && !isTouched(r, touched);
  const entered = change.packages.entered.filter((p) => !isSourcePackage(p.nevra));
  const answers = await knownAnswers(
    store,
    change,
    entered.flatMap((p) => p.requires.filter(isKnowable)),
  );
  const lacking = new Map<string, RequirementFinding>();
  for (const { sha256, nevra, requires } of entered) {
    for (const dependency of requires) {
      const requirement = dependencyText(dependency);
      const isMet = isKnowable(dependency) ? answers.get(answerKey(nevra, requirement)) : undefined;
      const finding = { sha256, nevra: nevraText(nevra), requirement };
      if (isMet === undefined) partOf(parts, { sha256, nevra }).requires.push(dependency);
      else if (!isMet) lacking.set(keyOf(finding), finding);
    }
  }
  return [...lacking.values()];
}

const isUnlisted = (name: string): boolean => name.startsWith('/') && !isPrimaryPath(name);
const answerKey = ({ arch }: Nevra, requirement: string) => `${archFamily(arch)}\n${requirement}`;

/**
 * Whether the earlier check found requirements met, by arch family and text. Looking for a path that primary does not
 * list reads the marks of all packages; most that are asked for have been asked for by others, as by former versions.
 */
async function knownAnswers(
  store: Store,
  { names, checked, packages, before }: Change,
  requirements: readonly Dependency[],
): Promise<ReadonlyMap<string, boolean>> {
  const entered = new Set(packages.entered.map((p) => p.sha256));
  const lacking = new Set(before.map(keyOf));
  const answers = new Map<string, boolean>();
  const marks = requirements.map(({ name }) => markAs('requires', nameMark(name)));
  for await (const { sha256, nevra, requires } of packagesWith(store, { checked, names, marks })) {
    if (entered.has(sha256) || isSourcePackage(nevra)) continue;
    for (const dependency of requires) {
      const requirement = dependencyText(dependency);
      const isMet = !lacking.has(keyOf({ sha256, requirement }));
      answers.set(answerKey(nevra, requirement), isMet);
    }
  }
  return answers;
}

async function addProviders(
  store: Store,
  { names, checked }: Change,
  { asked, parts }: { readonly asked: ReadonlySet<string>; readonly parts: Parts },
): Promise<void> {
  const marks = [...asked].map((name) => markAs('provides', nameMark(name)));
  for await (const one of packagesWith(store, { checked, names, marks })) {
    const provides = one.provides.filter((d) => asked.has(d.name));
    const files = one.files.filter((path) => asked.has(path));
    if (provides.length + files.length === 0) continue;
    const part = partOf(parts, one);
    part.provides.push(...provides);
    part.files.push(...files);
  }
}
