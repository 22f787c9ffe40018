import {
  canonicalDigest,
  Fault,
  type GenerationRecord,
  type Outcome,
  type SnapshotId,
} from '../model/index.ts';
import type { Ports } from '../ports.ts';
import {
  addressContent,
  generationDirectory,
  generationName,
  type Journal,
  lastRecord,
  pointAt,
  pointedAt,
  type Store,
} from '../store/index.ts';
import {
  type RepositoryManifest,
  readRepositoryManifest,
} from './repository/repository-manifest.ts';
import { checkSignedPairs } from './repository/signed-pairs.ts';

export interface PointOptions {
  readonly record: GenerationRecord;
  /** `Channel.path`, below `public/`. */
  readonly path: string;
  /** Content that the plan saw as served; absent = the channel was not served. */
  readonly from?: SnapshotId;
}

/**
 * The one visible effect: publish, promote, roll back. Journals `committing`, switches the channel's symlink by one
 * rename, journals `committed`; returns when all of it is on disk. Asked twice: `already`. The world moved since the
 * plan: `PlanStale`, and nothing has changed.
 */
export async function point(
  ports: Pick<Ports, 'log'> & Partial<Pick<Ports, 'signer' | 'clock'>>,
  store: Store,
  {
    journal,
    record,
    path,
    from,
  }: PointOptions & { readonly journal: Pick<Journal, 'append' | 'entries'> },
): Promise<Outcome> {
  const current = lastRecord(journal, record.channel);
  const served = await pointedAt(store, path);
  const isServed = served !== undefined && generationName(served) === generationName(record);
  const isKnown = current !== undefined && canonicalDigest(current) === canonicalDigest(record);
  if (isKnown && isServed) return { kind: 'already' };
  const manifest = await assembledManifest(store, record);
  const { signer, clock } = ports;
  if (signer && clock) await checkSignedPairs({ signer, clock }, store, { record, manifest });
  // Known and not served: a rebuilt state directory, whose journal came back before its public names.
  if (!isKnown) refuseStale(record, from, current);
  await journal.append('committing', { record, path });
  await addressContent(store, record);
  await pointAt(store, path, record);
  await journal.append('committed', { record, path });
  const text = `${path} serves generation ${generationName(record)}`;
  ports.log.emit({ kind: 'note', text });
  return { kind: 'done', text };
}

function refuseStale(
  record: GenerationRecord,
  from: SnapshotId | undefined,
  current: GenerationRecord | undefined,
): void {
  if (current?.content === from && record.number === (current?.number ?? 0) + 1) return;
  throw new Fault('PlanStale', {
    object: `channel ${record.channel}`,
    check: 'generation that the plan started from',
    expected: `content ${from ?? '(none)'} before generation ${record.number}`,
    found: current ? `generation ${current.number}, content ${current.content}` : 'none',
    fix: 'Run `sluice reconcile` again; it plans from what is served now.',
  });
}

async function assembledManifest(
  store: Store,
  record: GenerationRecord,
): Promise<RepositoryManifest> {
  const directory = generationDirectory(store.root, record.channel, record.number);
  const manifest = await readRepositoryManifest(store.disk, directory);
  if (manifest?.record === canonicalDigest(record)) return manifest;
  throw new Fault('SnapshotMissing', {
    object: `generation ${generationName(record)}`,
    check: 'assembled files of the generation',
    expected: `manifest of content ${record.content}`,
    found: manifest ? `content ${manifest.content}` : 'no manifest',
    fix: 'Run `sluice reconcile` again; the generation is assembled first.',
  });
}
