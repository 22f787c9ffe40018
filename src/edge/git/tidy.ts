import type { PolicyPlace } from './policy-place.ts';

const most = { looseObjects: 2000, packs: 20 };

/**
 * Every fetch and commit leaves small objects behind, and background housekeeping is off. Packs them when there are
 * many; nothing is ever dropped, reachable or not.
 */
export async function tidy(place: PolicyPlace, directory: string): Promise<void> {
  const answer = await place.git({ directory, args: ['count-objects', '-v'] });
  const counts = new Map(
    answer.stdout
      .toString('latin1')
      .split('\n')
      .map((line) => line.split(': '))
      .map(([name = '', count]) => [name, Number(count)] as const),
  );
  const loose = counts.get('count') ?? 0;
  const packs = counts.get('packs') ?? 0;
  if (loose <= most.looseObjects && packs <= most.packs) return;
  const args = ['repack', '-a', '-d', '-l', '--keep-unreachable', '--quiet'];
  await place.git({ directory, args });
}
