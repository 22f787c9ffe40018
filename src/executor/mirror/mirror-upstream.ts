import { Fault, type Sha256, type SnapshotTaken, upstreamSnapshot } from '../../model/index.ts';
import { readKeyring } from '../../rpm/index.ts';
import { type Store, writeSnapshot } from '../../store/index.ts';
import { type Found, findOffer } from './find-offer.ts';
import { nextFloor } from './floor.ts';
import { mirrorInbox } from './inbox.ts';
import type { Mirrored, MirrorJob, MirrorPorts, Sync } from './job.ts';
import { keepOffers } from './offer-index.ts';
import { readMetadata } from './read-metadata.ts';
import type { Offer } from './read-repomd.ts';
import { rulesDigest } from './rules.ts';
import { selectPackages } from './select-packages.ts';
import { mirrorSpecs } from './specs/mirror-specs.ts';
import { type Known, takePackages } from './take-packages.ts';
import { addressesOf, upstreamFiles } from './upstream-files.ts';

const rounds = 3;

/**
 * Brings what an upstream offers into an immutable, verified snapshot: signed metadata no older than before, every
 * package whole and judged by the upstream's own keys. Ends with the snapshot on disk, or with a `Fault` and nothing
 * but complete packages more in the store. An upstream that is rebuilt meanwhile is begun again, three times at most.
 */
export async function mirrorUpstream(
  ports: MirrorPorts,
  store: Store,
  job: MirrorJob,
): Promise<Mirrored> {
  const { upstream, keys } = job;
  const keyring = await readKeyring(keys);
  const sync: Sync = { ports, store, job, upstream, keyring, now: ports.clock.now() };
  if (upstream.layout === 'inbox') return await mirrorInbox(sync);
  if (upstream.layout === 'spec') return await mirrorSpecs(sync);
  let found = await findOffer(sync);
  for (let round = 1; ; round += 1) {
    if (found.kind === 'unchanged') return found.before;
    try {
      return await takeSnapshot(sync, found.offer, found.address);
    } catch (error) {
      if (!mayBeRebuilt(error)) throw error;
      const again = await findOffer(sync);
      if (digestOf(again) === digestOf(found)) throw error;
      if (round === rounds) throw keepsChanging(sync, error);
      found = again;
    }
  }
}

const digestOf = (found: Found): Sha256 =>
  found.kind === 'offer' ? found.offer.digest : found.before.taken.repomd;

async function takeSnapshot(sync: Sync, offer: Offer, address: string): Promise<Mirrored> {
  const addresses = [...new Set([address, ...addressesOf(sync.upstream)])];
  const files = upstreamFiles(sync.ports, sync.upstream, { addresses });
  const { offered, ...rest } = await readMetadata(sync, files, offer.repomd);
  const selection = selectPackages(sync.upstream, offered.packages);
  const known = knownBefore(sync);
  const taken = await takePackages(sync, { addresses, wanted: selection.wanted, known });
  const snapshot = upstreamSnapshot(
    { ...rest, packages: taken.entries },
    sync.job.previousSnapshot,
  );
  await writeSnapshot(sync.store, snapshot);
  if (offered.index) await keepOffers(sync.store, sync.upstream.name, offered.index);
  const record: SnapshotTaken = {
    ...recordOf(sync, offer),
    snapshot: snapshot.id,
    refused: [...selection.refused, ...taken.refused].toSorted(byDigest),
    excused: [...taken.excused, ...excuses(offer)].toSorted(byDigest),
  };
  report(sync, record);
  return { taken: record, snapshot, unchanged: false };
}

const excuses = ({ digest, excused }: Offer) =>
  excused.map((weakness) => ({ sha256: digest, weakness }));

/** Verdicts of the last sync, while the rules they were made under are the same. */
function knownBefore({ job, now }: Sync): Known {
  const { previous, previousSnapshot } = job;
  const valid = previous?.rules === rulesDigest(job, now);
  const byDigestOf = <T extends { readonly sha256: Sha256 }>(list: readonly T[] = []) =>
    new Map(valid ? list.map((one) => [one.sha256, one]) : []);
  const judged = previous?.refused.filter((r) => r.fault.code !== 'NevraTwice');
  return {
    entries: byDigestOf(previousSnapshot?.packages),
    refused: byDigestOf(judged),
    excused: valid ? Map.groupBy(previous.excused, (e) => e.sha256) : new Map(),
  };
}

function recordOf(
  sync: Sync,
  offer: Offer,
): Omit<SnapshotTaken, 'snapshot' | 'refused' | 'excused'> {
  const { upstream, job, now } = sync;
  return {
    upstream: upstream.name,
    takenAt: now,
    repomd: offer.digest,
    rules: rulesDigest(job, now),
    ...(offer.signedBy === undefined ? {} : { signedBy: offer.signedBy }),
    floor: nextFloor(job, offer.offered),
  };
}

function byDigest(a: { readonly sha256: string }, b: { readonly sha256: string }): number {
  return a.sha256 < b.sha256 ? -1 : a.sha256 > b.sha256 ? 1 : 0;
}

function report({ ports, upstream }: Sync, { refused, excused }: SnapshotTaken): void {
  for (const { fault } of refused) {
    ports.log.emit({ kind: 'warning', text: `${upstream.name} left out ${fault.object}`, fault });
  }
  const weaknesses = new Map<string, number>();
  for (const { weakness } of excused) {
    weaknesses.set(weakness, (weaknesses.get(weakness) ?? 0) + 1);
  }
  for (const [weakness, count] of weaknesses) {
    const text = `${upstream.name}: exception ${weakness} used ${count} times`;
    ports.log.emit({ kind: 'warning', text });
  }
}

const rebuiltLooksLike: ReadonlySet<string> = new Set([
  'ChecksumMismatch',
  'TransferTooLarge',
  'UpstreamFileMissing',
]);

function mayBeRebuilt(error: unknown): boolean {
  return error instanceof Fault && rebuiltLooksLike.has(error.code);
}

function keepsChanging({ upstream }: Sync, cause: unknown): Fault {
  return new Fault('UpstreamChanged', {
    object: `upstream ${upstream.name}`,
    check: 'the upstream stays the same while it is mirrored',
    expected: 'one repomd.xml from the beginning to the end',
    found: `another one each of ${rounds} times`,
    fix: 'Nothing was taken over; the next sync tries again. If it stays, use another mirror.',
    at: upstream.at,
    cause,
  });
}
