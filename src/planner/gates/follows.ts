import { type Hold, nevraText, type PackageEntry, type Sha256 } from '../../model/index.ts';
import type { Unit } from '../content/units.ts';
import {
  type Entering,
  holdOf,
  isFirstPin,
  type Judging,
  listed,
  placeOf,
  timeText,
} from './judging.ts';

/**
 * A channel that follows another takes only what that one serves now, and only when it has been there for the soak
 * time. It counts from the first admission of each digest over there, by whatever route.
 */
export function gateFollows(judging: Judging, { unit, judged }: Entering): Hold | undefined {
  const { channel, followed, context } = judging;
  if (channel.follows === undefined || judged.length === 0) return undefined;
  const copied = hasPinOfFollowed(judging, unit);
  const served = judging.servedByFollowed;
  const absent = judged.filter((p) => !served.has(p.sha256));
  if (absent.length > 0 && !copied) {
    return holdOf(judging, unit.name, {
      code: 'NotInFollowed',
      text: `${names(absent)} not served by ${channel.follows}`,
      awaits: `its admission to ${channel.follows}`,
      ...placeOf(unit),
    });
  }
  if (!judging.state || isFirstPin(unit)) return undefined;
  const until = soakedAt(
    judging,
    judged.filter((p) => served.has(p.sha256)),
  );
  if (!followed || until <= context.now) return undefined;
  return holdOf(judging, unit.name, {
    code: 'Soaking',
    text: `soaking in ${channel.follows} until ${timeText(until)}`,
    awaits: 'time',
    until,
    ...placeOf(unit),
  });
}

/** Older versions that `keep` hides over there are fine when the base is the same. */
function hasPinOfFollowed({ followed }: Judging, unit: Unit): boolean {
  if (unit.kind !== 'base' || unit.pin.snapshot === undefined) return false;
  return followed?.generation.base[unit.pin.upstream] === unit.pin.snapshot;
}

/** When all of them have soaked, seconds since 1970. */
export function soakedAt(
  { followed, channel }: Pick<Judging, 'followed' | 'channel'>,
  packages: readonly { readonly sha256: Sha256 }[],
): number {
  let last = 0;
  for (const p of packages) last = Math.max(last, followed?.admitted.get(p.sha256) ?? 0);
  return last + channel.gates.soakSeconds;
}

const names = (packages: readonly PackageEntry[]): string => listed(packages.map(nevraText));
