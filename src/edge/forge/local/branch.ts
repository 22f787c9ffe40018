import { digestOf } from '../../../model/index.ts';
import type { PolicyPlace } from '../../git/index.ts';

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
  const answer = await place.git({
    directory: place.clone,
    args: ['merge-base', '--is-ancestor', head, main],
    allow: [1],
  });
  return answer.exitCode === 0;
}
