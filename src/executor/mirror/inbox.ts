import { canonicalDigest, Fault, type Sha256, upstreamSnapshot } from '../../model/index.ts';
import { missingPackages, writeSnapshot } from '../../store/index.ts';
import type { Mirrored, Sync } from './job.ts';
import type { OfferedPackage } from './offered-package.ts';
import { rulesDigest } from './rules.ts';
import { scannedFile } from './scanned-file.ts';
import { selectPackages } from './select-packages.ts';
import { takePackages } from './take-packages.ts';
import { fromTheStart, type UpstreamFiles, upstreamFiles } from './upstream-files.ts';

/**
 * Brings a plain directory of packages into a snapshot: no metadata says what there should be, so every file is read for
 * what it is, and then taken and judged like any other. A file that is not whole (yet) is passed over with a warning.
 */
export async function mirrorInbox(sync: Sync): Promise<Mirrored> {
  const { upstream, ports } = sync;
  const directory = upstream.url.endsWith('/') ? upstream.url : `${upstream.url}/`;
  const files = upstreamFiles(ports, upstream, { addresses: [directory] });
  const names = (await ports.disk.list(directory)).filter((name) => name.endsWith('.rpm'));
  const offered: OfferedPackage[] = [];
  for (const name of names) offered.push(...(await readOne(sync, files, name)));
  const listing = canonicalDigest(offered.map(({ href, sha256 }) => [href, sha256]));
  const before = await sameAsBefore(sync, listing);
  if (before) return before;
  return await takeFiles(sync, { directory, offered: onceEach(offered), listing });
}

/** A snapshot of packages that lie in a directory, or in the store already. `listing` names what was offered. */
export async function takeFiles(
  sync: Sync,
  from: {
    readonly directory: string;
    readonly offered: readonly OfferedPackage[];
    readonly listing: Sha256;
  },
): Promise<Mirrored> {
  const { upstream, store, ports, job, now } = sync;
  const selection = selectPackages(upstream, from.offered);
  const known = { entries: new Map(), refused: new Map(), excused: new Map() };
  const wanted = selection.wanted;
  const taken = await takePackages(sync, { addresses: [from.directory], wanted, known });
  const none = { advisories: [], groups: [], modules: [] };
  const snapshot = upstreamSnapshot({ ...none, packages: taken.entries });
  await writeSnapshot(store, snapshot);
  const refused = [...selection.refused, ...taken.refused];
  for (const { fault } of refused) {
    ports.log.emit({ kind: 'warning', text: `${upstream.name} left out ${fault.object}`, fault });
  }
  const record = {
    ...{ upstream: upstream.name, snapshot: snapshot.id, takenAt: now, repomd: from.listing },
    ...{ rules: rulesDigest(job, now), floor: { revision: 0, timestamp: 0 } },
    ...{ refused, excused: taken.excused },
  };
  return { taken: record, snapshot, unchanged: false };
}

/** The last snapshot, where it is of the same listing under the same rules and all of it is held. */
export async function sameAsBefore(
  { job, store, now }: Sync,
  listing: Sha256,
): Promise<Mirrored | undefined> {
  const { previous, previousSnapshot: snapshot } = job;
  if (!previous || snapshot?.id !== previous.snapshot || previous.repomd !== listing)
    return undefined;
  if (previous.rules !== rulesDigest(job, now)) return undefined;
  const missing = await missingPackages(store, snapshot.packages);
  return missing.length > 0 ? undefined : { taken: previous, snapshot, unchanged: true };
}

/** A copy of a file under another name is the same package. */
const onceEach = (offered: readonly OfferedPackage[]): readonly OfferedPackage[] => [
  ...new Map(offered.map((p) => [p.sha256, p])).values(),
];

/** What the header of a file says; nothing where it is no whole package. */
async function readOne(
  { upstream, ports }: Sync,
  files: UpstreamFiles,
  name: string,
): Promise<readonly OfferedPackage[]> {
  try {
    return [
      await fromTheStart(
        files,
        async (open) => (await scannedFile(open(name, limitsOf(upstream)), name)).offered,
      ),
    ];
  } catch (error) {
    if (!(error instanceof Fault) || !aboutTheFile.has(error.code)) throw error;
    const text = `${upstream.name}: passing over ${name}`;
    ports.log.emit({ kind: 'warning', text, fault: error.toJSON() });
    return [];
  }
}

const limitsOf = ({ limits }: Sync['upstream']) => ({ maxBytes: limits.maxPackageBytes });

const aboutTheFile: ReadonlySet<string> = new Set([
  'PackageInvalid',
  'TransferRefused',
  'TransferTooLarge',
  'UpstreamFileMissing',
]);
