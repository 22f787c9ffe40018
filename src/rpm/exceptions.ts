import { matchesGlob, type SignatureException, type Weakness } from '../model/index.ts';

const secondsPerDay = 86_400;

/**
 * True if a named exception excuses a weakness now. `names` are what its globs may match; metadata has none, so only an
 * exception without `packages` reaches it.
 */
export function excuses(
  exceptions: readonly SignatureException[],
  weakness: Weakness,
  context: { readonly names: readonly string[]; readonly now: number },
): boolean {
  return exceptions.some(
    (e) =>
      e.allow === weakness &&
      context.now < endOf(e.until) &&
      (e.packages === undefined ||
        e.packages.some((glob) => context.names.some((name) => matchesGlob(glob, name)))),
  );
}

/** The first second after the last day; an unreadable day has long passed. */
function endOf(until: string): number {
  const start = Date.parse(`${until}T00:00:00Z`) / 1000;
  return Number.isNaN(start) ? 0 : start + secondsPerDay;
}
