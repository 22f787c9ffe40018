import {
  type Hold,
  type PackageStateName,
  type Step,
  slugOf,
  type Update,
} from '../../model/index.ts';
import { compareEvr } from '../../rpm/index.ts';
import { revisionOf } from '../updates/revision.ts';
import { type Context, suspensionOf } from '../world.ts';
import { missingAnswer } from './asks.ts';
import { type BuildPolicy, policyOfBuild, reviewedSource, sourceOf } from './built-here.ts';
import { servedNewer } from './downgrade.ts';
import { feedsLaterBuilds, feedWish } from './feed.ts';
import { archesOf, type Buildable, inputsOf, openAsks, recipeOf, rootOf } from './inputs.ts';
import { nameHold, outputsOf, pinned, withoutVendorsSource } from './outputs.ts';
import { type BuiltRecord, progressOf } from './progress.ts';
import { answerOf, type BuildWish, recipeReview } from './wish.ts';

/** What an update that is not built yet wants next. */
export interface Pending {
  readonly state: PackageStateName;
  readonly steps: readonly Step[];
  readonly holds: readonly Hold[];
  readonly wishes: readonly BuildWish[];
  /** Requirements that no buildroot had. */
  readonly missing: readonly string[];
}

const nothing = { steps: [], holds: [], wishes: [], missing: [] } as const;

/** Updates whose results are not pinned, or for later builds only, but those that a newer source of the same name has overtaken. */
export function pendingBuilds(context: Context): readonly Pending[] {
  const built = [...context.desired.updates.values()].filter((u) => u.build !== undefined);
  const byName = Map.groupBy(built, (u) => sourceOf(u)?.name);
  return built
    .filter((u) => u.packages.length === 0 || u.build?.unsigned)
    .filter((u) => !(byName.get(sourceOf(u)?.name) ?? []).some((other) => overtakes(other, u)))
    .map((u) => pendingBuild(context, u));
}

/** The newer source, and of one source the later revision. */
export function overtakes(other: Update, update: Update): boolean {
  const [a, b] = [sourceOf(other), sourceOf(update)];
  if (!a || !b || a.name !== b.name || other.id === update.id) return false;
  const order = compareEvr(a, b) || revisionOf(other.id) - revisionOf(update.id);
  return order > 0;
}

interface Case extends Buildable {
  readonly update: Update;
  readonly about: Pick<Hold, 'subject' | 'at'>;
}

/** How far an update is whose results are not pinned. */
export function pendingBuild(context: Context, update: Update): Pending {
  const { build } = update;
  const policy = policyOfBuild(context, update);
  const about = { subject: `update:${update.id}`, at: update.at };
  if (!build || !policy) return { ...nothing, state: 'waiting' };
  if (!isBuilding(policy)) {
    const text = `policy ${policy.name} (${policy.action}) builds nothing of ${build.source.nevra}`;
    const awaits = `a change of ${policy.at.file}, or deletion of ${update.file}`;
    return held({ code: 'PolicyHold', ...about, text, awaits });
  }
  const entry = context.packages.get(build.source.sha256);
  if (!entry) {
    const text = `the source package ${build.source.nevra} is not held here`;
    const awaits = `a sync of ${build.source.upstream} that offers it`;
    return held({ code: 'SnapshotMissing', ...about, text, awaits });
  }
  const one = { update, about, source: build.source, entry, policy };
  return stopped(context, one) ?? (build.wanted ? building(context, one) : asking(context, one));
}

const isBuilding = (policy: Pick<BuildPolicy, 'action'>): policy is BuildPolicy =>
  policy.action === 'rebuild' || policy.action === 'replace';

const held = (hold: Hold, state: PackageStateName = 'held'): Pending => ({
  ...{ ...nothing, state },
  holds: [hold],
});

/** What keeps a build from being asked for and from being made. */
function stopped(context: Context, one: Case): Pending | undefined {
  const { policy, source, about } = one;
  if (answerOf(policy, 'build') === 'never') {
    const text = `policy ${policy.name} never builds ${source.nevra}`;
    const awaits = `a change of ${policy.at.file}`;
    return held({ code: 'PolicyHold', ...about, text, awaits, at: policy.at });
  }
  const suspension = suspensionOf(context, `policy/${policy.name}`);
  if (suspension) {
    const text = `${suspension.object} is suspended: ${suspension.reason}`;
    const awaits = `sluice resume ${suspension.object}`;
    return held({ code: 'Suspended', ...about, text, awaits }, 'paused');
  }
  const open = openAsks(policy);
  if (open.length > 0) {
    const names = open.map(([name]) => name).join(', ');
    const text = `${source.nevra} waits for answers of policy ${policy.name}: ${names}`;
    const unknown = open.filter(([, ask]) => ask.default === undefined).map(missingAnswer);
    const given = unknown.length === open.length ? '' : ', or a merge of its proposal';
    const which = unknown.length === 0 ? '' : ` (${unknown.join('; ')})`;
    const awaits = `build.params in ${policy.at.file}${which}${given}`;
    return held({ code: 'BuildWaits', ...about, text, awaits, at: policy.at }, 'waiting');
  }
  return undefined;
}

/** The question whether to build it; a source that is older than what is served is always asked about. */
function asking(context: Context, one: Case): Pending {
  const { policy, source, update } = one;
  const newer = servedNewer(context, one);
  const downgrade = newer && { code: 'Downgrade' as const, text: newer };
  const answer = answerOf(policy, 'build') === 'auto' && !newer ? 'auto' : 'ask';
  const arches = archesOf(context, policy, source.upstream).join(', ');
  const wish: BuildWish = {
    ...sharedBy(context, one, []),
    kind: 'build',
    identity: `build/${slugOf(update.id)}`,
    answer,
    title: `Build ${source.nevra}`,
    effect: `Sluice builds ${source.nevra} for ${arches}.`,
    why: `policy ${policy.name} says ${policy.action}`,
    edits: [{ kind: 'set', path: update.file, at: ['build', 'wanted'], value: true }],
    gates: downgrade ? [downgrade] : [],
  };
  const awaits = 'a person who builds it all the same, or a newer source package';
  const holds: Hold[] = downgrade ? [{ ...downgrade, ...one.about, awaits }] : [];
  const state = newer ? 'held' : 'waiting';
  return { ...nothing, state, wishes: [wish], holds };
}

function building(context: Context, one: Case): Pending {
  const { policy, source, update, about } = one;
  const arches = archesOf(context, policy, source.upstream);
  const root = rootOf(context, policy, source.upstream);
  if (root.kind === 'absent') {
    const text = `the buildroot of ${source.nevra} comes from ${root.channel}, which serves nothing yet`;
    const awaits = `the first generation of ${root.channel}, or build.root: host`;
    return held({ code: 'BuildWaits', ...about, text, awaits, at: policy.at }, 'paused');
  }
  if (arches.length === 0) {
    const text = `no channel that takes updates of ${source.upstream} has a tree to build ${source.nevra} for`;
    const awaits = `build.arches in ${policy.at.file}, or such a channel`;
    return held({ code: 'BuildWaits', ...about, text, awaits, at: policy.at }, 'paused');
  }
  const progress = arches.map((arch) => {
    const inputs = inputsOf(context, one, { arch, root });
    return progressOf(context, { source, entry: one.entry, policy, update, inputs });
  });
  const records = progress.flatMap((p) => (p.kind === 'built' ? [p.record] : []));
  if (records.length === arches.length) return signing(context, one, records);
  // Of a source package that failed for one architecture nothing more is built.
  const failed = progress.filter((p) => p.kind === 'failed');
  if (failed.length > 0) {
    const missing = failed.flatMap((p) => p.missing);
    return {
      ...{ ...nothing, state: missing.length > 0 ? 'paused' : 'build-failed' },
      holds: failed.map((p) => p.hold),
      missing,
    };
  }
  return {
    ...{ ...nothing, state: 'building' },
    steps: progress.flatMap((p) => (p.kind === 'wanted' ? [p.step] : [])),
    holds: progress.flatMap((p) => (p.kind === 'built' ? [] : [p.hold])),
  };
}

/** The question whether to sign what was built: the answer pins the digests. */
function signing(context: Context, one: Case, records: readonly BuiltRecord[]): Pending {
  const { policy, source, update } = one;
  const outputs = withoutVendorsSource(context, outputsOf(records));
  const taken = nameHold(context, update, outputs);
  if (taken) return held({ ...taken, at: policy.at });
  const answer = answerOf(policy, 'sign');
  const results = Object.fromEntries(records.map((r) => [r.inputs.arch, r.key]));
  const packages = pinned(context, update, outputs);
  if (answer !== 'auto' && feedsLaterBuilds(context, one)) {
    const shared = sharedBy(context, one, records);
    const wish = feedWish(one, { ...shared, results, packages });
    return { ...nothing, state: 'unsigned', wishes: [wish] };
  }
  if (answer === 'never') {
    const text = `policy ${policy.name} never signs ${source.nevra}`;
    const awaits = `a change of ${policy.at.file}`;
    return held({ code: 'PolicyHold', ...one.about, text, awaits, at: policy.at });
  }
  const shared = sharedBy(context, one, records);
  const shown = outputs.map(({ entry, tree }, i) => ({
    ...{ tree, nevra: packages[i]?.nevra ?? '', sha256: entry.sha256, sizeBytes: entry.sizeBytes },
  }));
  const wish: BuildWish = {
    ...shared,
    kind: 'sign',
    identity: `sign/${slugOf(update.id)}`,
    answer,
    title: `Sign what was built of ${source.nevra}`,
    effect: `${outputs.length} packages built from ${source.nevra} become ${update.id}, to be signed and offered to channels.`,
    why: `it was built as policy ${policy.name} says`,
    edits: [
      { kind: 'set', path: update.file, at: ['build', 'results'], value: results },
      { kind: 'set', path: update.file, at: ['packages'], value: packages },
      ...(update.build?.unsigned
        ? [{ kind: 'set' as const, path: update.file, at: ['build', 'unsigned'], value: undefined }]
        : []),
    ],
    review: { ...shared.review, outputs: shown },
    gates: [],
  };
  return { ...nothing, state: 'unsigned', wishes: [wish] };
}

function sharedBy(context: Context, one: Case, records: readonly BuiltRecord[]) {
  const { policy, source, update } = one;
  const { advisory: named } = update;
  const advisory = named && context.advisories.get(named.sha256);
  const recipe = records[0]?.inputs.recipe ?? recipeOf(context, policy);
  const builds = records.map(({ inputs, key, attempt, log, provenance }) => ({
    ...{ arch: inputs.arch, key, attempt, provenance },
    ...(log === undefined ? {} : { log }),
  }));
  return {
    subject: `update:${update.id}`,
    at: policy.at,
    review: {
      ...reviewedSource(context, source),
      recipe: recipeReview(context, source, recipe),
      builds,
      outputs: [],
    },
    ...(advisory ? { advisory } : {}),
  };
}
