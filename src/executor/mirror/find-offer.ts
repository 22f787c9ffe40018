import { Fault, type Floor } from '../../model/index.ts';
import { missingPackages } from '../../store/index.ts';
import type { Mirrored, Sync } from './job.ts';
import { fetchRepomd, judgeRepomd, type Offer, type RepomdBytes } from './read-repomd.ts';
import { rulesDigest } from './rules.ts';
import { addressesOf, upstreamFiles } from './upstream-files.ts';

/** The newest metadata that passes, and the address that has it. */
export type Found =
  | { readonly kind: 'unchanged'; readonly address: string; readonly before: Mirrored }
  | { readonly kind: 'offer'; readonly address: string; readonly offer: Offer };

/**
 * Asks every address of the upstream for repomd.xml and takes the newest that passes every check, so that a mirror that
 * is stale, broken or hostile cannot hold the others back. With all of them failing, the first one's fault is thrown.
 */
export async function findOffer(sync: Sync): Promise<Found> {
  const found: Found[] = [];
  const faults: { readonly address: string; readonly fault: Fault }[] = [];
  for (const address of addressesOf(sync.upstream)) {
    try {
      found.push(await askOne(sync, address));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      faults.push({ address, fault: error });
    }
  }
  const best = found.reduce<Found | undefined>(
    (a, b) => (a !== undefined && !isNewer(ageOf(b), ageOf(a)) ? a : b),
    undefined,
  );
  if (best === undefined) throw faults[0]?.fault ?? new Error('an upstream without an address');
  for (const { address, fault } of faults) {
    const text = `${sync.upstream.name}: passing over ${address}`;
    sync.ports.log.emit({ kind: 'warning', text, fault: fault.toJSON() });
  }
  return best;
}

async function askOne(sync: Sync, address: string): Promise<Found> {
  const files = upstreamFiles(sync.ports, sync.upstream, { addresses: [address] });
  const fetched = await fetchRepomd(files);
  const before = await sameAsBefore(sync, fetched);
  if (before !== undefined) return { kind: 'unchanged', address, before };
  try {
    return { kind: 'offer', address, offer: await judgeRepomd(sync, files, fetched) };
  } catch (error) {
    // Between repomd.xml and its signature the upstream may have published anew.
    const again = await fetchRepomd(files);
    if (again.digest === fetched.digest) throw error;
    return { kind: 'offer', address, offer: await judgeRepomd(sync, files, again) };
  }
}

/** Also bytes that have gone from the store meanwhile are a reason to look again. */
async function sameAsBefore(sync: Sync, fetched: RepomdBytes): Promise<Mirrored | undefined> {
  const { previous, previousSnapshot } = sync.job;
  if (previous === undefined || previousSnapshot === undefined) return undefined;
  if (previous.repomd !== fetched.digest || previous.snapshot !== previousSnapshot.id) {
    return undefined;
  }
  if (previous.rules !== rulesDigest(sync.job, sync.now)) return undefined;
  const missing = await missingPackages(sync.store, previousSnapshot.packages);
  if (missing.length > 0) return undefined;
  return { taken: previous, snapshot: previousSnapshot, unchanged: true };
}

function ageOf(found: Found): Floor {
  return found.kind === 'offer' ? found.offer.offered : found.before.taken.floor;
}

function isNewer(a: Floor, b: Floor): boolean {
  return a.timestamp > b.timestamp || (a.timestamp === b.timestamp && a.revision > b.revision);
}
