import type { Decision, Verb } from '../../model/index.ts';
import type { CommitChange } from './decisions.ts';
import { documentOf } from './packages-of.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Switching the trust mode is its own right; whatever cannot be read may have switched it. */
export function siteDecisions(change: CommitChange, path: string): readonly Decision[] {
  const [before, after] = [fieldsOf(change.before.get(path)), fieldsOf(change.after.get(path))];
  const trust = before === undefined || after === undefined || differ(before.trust, after.trust);
  const rest =
    before === undefined || after === undefined || differ(without(before), without(after));
  const decision = (verb: Verb, object: string): Decision => {
    return { verb, object, also: [], packages: [], path };
  };
  return [
    ...(trust ? [decision('change-trust', 'trust')] : []),
    ...(rest ? [decision('change-site', 'site')] : []),
  ];
}

const without = ({ trust: _, ...rest }: Fields): Fields => rest;

/**
 * A channel file: `pin` moves base snapshots, `rollback` sets the channel's `pin:`, `promote` takes that pin away and so
 * lets everything in that waited, `waive` opens a gate for some content, `change-channel` is anything else.
 */
export function channelVerbs(change: CommitChange, path: string): readonly Verb[] {
  const [before, after] = [fieldsOf(change.before.get(path)), fieldsOf(change.after.get(path))];
  if (before === undefined || after === undefined) return ['change-channel'];
  const verbs: Verb[] = [];
  if (differ(snapshots(before), snapshots(after))) verbs.push('pin');
  if (differ(before.pin, after.pin)) verbs.push(after.pin === undefined ? 'promote' : 'rollback');
  if (differ(before.waivers ?? [], after.waivers ?? [])) verbs.push('waive');
  if (differ(otherFields(before), otherFields(after))) verbs.push('change-channel');
  return verbs;
}

const baseOf = (channel: Fields): readonly Fields[] =>
  Array.isArray(channel.base) ? channel.base.filter(isFields) : [];

const snapshots = (channel: Fields): unknown => baseOf(channel).map((b) => b.snapshot ?? null);

function otherFields({ pin: _, waivers: __, ...channel }: Fields): unknown {
  const base = baseOf(channel).map(({ snapshot: _s, taken: _t, ...entry }) => entry);
  return { ...channel, base };
}

/** A promotion file: added, taken away, or only its test report changed. */
export function promotionVerbs(
  before: string | undefined,
  after: string | undefined,
): readonly Verb[] {
  const [had, has] = [fieldsOf(before), fieldsOf(after)];
  if (after === undefined) return ['rollback'];
  if (before === undefined) {
    return has === undefined || has.tested === undefined ? ['promote'] : ['promote', 'mark-tested'];
  }
  if (had === undefined || has === undefined) return ['promote', 'rollback', 'mark-tested'];
  const { tested, ...rest } = has;
  const { tested: testedBefore, ...restBefore } = had;
  return [
    ...(differ(rest, restBefore) ? (['promote', 'rollback'] as const) : []),
    ...(differ(tested, testedBefore) ? (['mark-tested'] as const) : []),
  ];
}

/**
 * An update file that exists afterwards: of one that is built here, each answered question is a right of its own; the
 * rest, and everything that cannot be read, is `change-update`.
 */
export function updateVerbs(before: string | undefined, after: string): readonly Verb[] {
  const [had, has] = [fieldsOf(before), fieldsOf(after)];
  if (has === undefined || (had === undefined && before !== undefined)) return ['change-update'];
  const [old, now] = [had && buildOf(had), buildOf(has)];
  if (now === undefined || (had !== undefined && old === undefined)) return ['change-update'];
  const pins =
    differ(now.results ?? {}, old?.results ?? {}) ||
    differ(has.packages ?? [], had?.packages ?? []);
  // Results that only later builds get are part of building.
  const feeds = now.unsigned === 'true';
  const signs = !feeds && (pins || old?.unsigned === 'true');
  const verbs: Verb[] = [
    ...(had === undefined ? (['start'] as const) : []),
    ...((now.wanted === 'true' && old?.wanted !== 'true') || (feeds && pins)
      ? (['build-package'] as const)
      : []),
    ...(signs ? (['sign'] as const) : []),
  ];
  const takenBack =
    (old?.wanted === 'true' && now.wanted !== 'true') ||
    (feeds && old !== undefined && old.unsigned !== 'true' && isPinned(old));
  const rest = had !== undefined && differ(otherThanAnswers(has), otherThanAnswers(had));
  return takenBack || rest || verbs.length === 0 ? [...verbs, 'change-update'] : verbs;
}

const isPinned = ({ results }: Fields): boolean =>
  isFields(results) && Object.keys(results).length > 0;

const buildOf = ({ build }: Fields): Fields | undefined => (isFields(build) ? build : undefined);

function otherThanAnswers({ packages: _, build, ...update }: Fields): unknown {
  const { wanted: _w, results: _r, unsigned: _u, ...source } = isFields(build) ? build : {};
  return { ...update, source };
}

/** A policy file: answers to special cases, the rest of how it builds, and everything else are three rights. */
export function policyVerbs(
  before: string | undefined,
  after: string | undefined,
): readonly Verb[] {
  const [had, has] = [fieldsOf(before), fieldsOf(after)];
  if (had === undefined || has === undefined) return ['change-policy'];
  const { build: was, ...restBefore } = had;
  const { build: is, ...rest } = has;
  const { params: paramsBefore, ...buildBefore } = isFields(was) ? was : {};
  const { params, ...build } = isFields(is) ? is : {};
  const verbs: Verb[] = [
    ...(differ(params ?? {}, paramsBefore ?? {}) ? (['special-case'] as const) : []),
    ...(differ(build, buildBefore) ? (['build'] as const) : []),
  ];
  return differ(rest, restBefore) || verbs.length === 0 ? [...verbs, 'change-policy'] : verbs;
}

/** Only how severe the site itself finds an update differs, and its reason: the content is the same. */
export function onlySeverityDiffers(before: string | undefined, after: string): boolean {
  const [had, has] = [fieldsOf(before), fieldsOf(after)];
  if (had === undefined || has === undefined) return false;
  return differ(had, has) && !differ(withoutSeverity(had), withoutSeverity(has));
}

function withoutSeverity(update: Fields): Fields {
  if (!isFields(update.advisory)) return update;
  const { siteSeverity: _, reason: __, ...advisory } = update.advisory;
  return { ...update, advisory };
}

function fieldsOf(text: string | undefined): Fields | undefined {
  const document = documentOf(text);
  return isFields(document) ? document : undefined;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Of what was written, key order aside. */
const differ = (a: unknown, b: unknown): boolean => ordered(a) !== ordered(b);

function ordered(value: unknown): string {
  return (
    JSON.stringify(value, (_, inner: unknown) =>
      isFields(inner)
        ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? 'undefined'
  );
}
