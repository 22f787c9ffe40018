import { errorAt, type Finding, warningAt } from '../finding.ts';
import type { Case } from './builds.ts';
import { unknownName } from './known.ts';

/** Something is built only from source packages, so an upstream has to bring them and a channel to take them. */
export function sourceFindings(about: Case): readonly Finding[] {
  const { policy } = about;
  const findings = policy.action === 'replace' ? replaceFindings(about) : rebuildFindings(about);
  return findings.length > 0 ? findings : unsignedFindings(about);
}

/** Nobody else signs what is built here, so a channel that keeps signatures as they are never serves it. */
function unsignedFindings(about: Case): readonly Finding[] {
  const { entries, policy, build } = about;
  const own = build.source?.upstream ?? build.from;
  const sources = own === undefined ? sourcesOf(about) : [own];
  const keeping = entries.channels.filter(
    (c) =>
      c.sign.packages === 'keep' &&
      c.follows === undefined &&
      c.base.some((b) => sources.includes(b.upstream)),
  );
  return keeping.map((channel) => {
    const at = entries.placeOf(policy.at.file, ['action']);
    const message = `${channel.name} signs no packages, so what ${policy.name} builds waits in front of it`;
    const fix = `Write sign: { packages: <fingerprint> } into ${channel.at.file}.`;
    return warningAt(at, 'BuiltUnsigned', { message, fix });
  });
}

const sourcesOf = ({ entries }: Case): readonly string[] =>
  entries.upstreams.filter((u) => u.tree === 'source').map((u) => u.name);

function rebuildFindings({ entries, policy, build }: Case): readonly Finding[] {
  const misplaced = (['from', 'source'] as const).flatMap((key) => {
    if (build[key] === undefined) return [];
    const at = entries.placeOf(policy.at.file, ['build', key]);
    const message = `"${key}" belongs to action replace; rebuild takes the vendor's source package`;
    return [errorAt(at, 'PolicyConflict', { message, fix: 'Delete it, or write replace.' })];
  });
  if (misplaced.length > 0) return misplaced;
  const sources = sourcesOf({ entries, policy, build });
  const at = entries.placeOf(policy.at.file, ['action']);
  if (sources.length === 0) {
    const message = `${policy.name} rebuilds, but no upstream brings source packages`;
    const fix = 'Add an upstream with tree: source to upstreams/ and to the base of a channel.';
    return [errorAt(at, 'PolicyReference', { message, fix })];
  }
  const taken = sources.some((name) => isTaken({ entries, policy, build }, name));
  if (taken) return [];
  const message = `${policy.name} rebuilds, but no channel that takes updates has ${sources.join(', ')} as base`;
  const fix = `Add { upstream: ${sources[0]} } to the base of a channel that follows none.`;
  return [warningAt(at, 'PolicyReference', { message, fix })];
}

function replaceFindings(about: Case): readonly Finding[] {
  const { entries, policy, build } = about;
  const { from, source } = build;
  if ((from === undefined) === (source === undefined)) {
    const at = entries.placeOf(policy.at.file, from === undefined ? ['action'] : ['build', 'from']);
    const message = `${policy.name} replaces, but ${from === undefined ? 'does not say with what' : 'says with what twice'}`;
    const fix = "Write build.from: the upstream of the site's source packages, or build.source.";
    return [errorAt(at, 'PolicyConflict', { message, fix })];
  }
  const path = source === undefined ? ['build', 'from'] : ['build', 'source', 'upstream'];
  const named = { name: source?.upstream ?? from ?? '', at: entries.placeOf(policy.at.file, path) };
  const unknown = unknownName(entries, 'Upstream', named);
  if (unknown.length > 0) return unknown;
  const upstream = entries.upstreams.find((u) => u.name === named.name);
  if (upstream !== undefined && upstream.tree !== 'source') {
    const message = `"${named.name}" brings no source packages: its tree is ${upstream.tree}`;
    const fix = `Name an upstream with tree: source, or correct ${upstream.at.file}.`;
    return [errorAt(named.at, 'PolicyConflict', { message, fix })];
  }
  if (isTaken(about, named.name)) return [];
  const message = `no channel that takes updates has ${named.name} as base`;
  const fix = `Add { upstream: ${named.name} } to the base of a channel that follows none.`;
  return [warningAt(named.at, 'PolicyReference', { message, fix })];
}

const isTaken = ({ entries }: Case, upstream: string): boolean =>
  entries.channels.some(
    (c) => c.follows === undefined && c.base.some((b) => b.upstream === upstream),
  );
