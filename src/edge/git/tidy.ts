import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PolicyPlace } from './policy-place.ts';

const most = { looseObjects: 2000, packs: 20 };

/**
 * Every fetch and commit leaves small objects behind, and background housekeeping is off. Packs them when there are
 * many; nothing is ever dropped, reachable or not.
 */
export async function tidy(place: PolicyPlace, directory: string): Promise<void> {
  const objects = join(directory, 'objects');
  const names = readdirSync(objects, { recursive: true, encoding: 'utf8' });
  const loose = names.filter((name) => /^[0-9a-f]{2}\/[0-9a-f]{38}$/.test(name));
  const packs = names.filter((name) => /^pack\/.*\.pack$/.test(name));
  if (loose.length <= most.looseObjects && packs.length <= most.packs) return;
  const args = ['repack', '-a', '-d', '-l', '--keep-unreachable', '--quiet'];
  await place.git({ directory, args });
  // git puts what is unreachable only beside a pack that is there already.
  if (packs.length === 0) await place.git({ directory, args });
}
