import { Fault, type GenerationRecord, type SnapshotId } from '../model/index.ts';
import { channelContent } from '../observer/index.ts';
import { type Keyring, readKeyring, verifyDetached } from '../rpm/index.ts';
import { manifestFile, restoreSnapshot, snapshotFiles } from '../store/index.ts';
import type { Installation } from './installation.ts';
import { publishedRepomd, repomdPath } from './render.ts';
import { signedFormFiles } from './signed-log.ts';

const recordPath = (r: Pick<GenerationRecord, 'channel' | 'number'>): string =>
  `records/${r.channel}/${r.number}.json`;

/**
 * Appends the generations that the log of the policy repository does not have yet: the signed record and the
 * snapshots it names, so that a lost state directory is rebuilt from git and the package bytes.
 */
export async function catchUpLog(c: Installation): Promise<void> {
  const records = [...c.memory().generations.values()].flat();
  if (records.length === 0) return;
  const known = new Set(await c.ports.policyGit.listLog('records/'));
  for (const record of records) {
    if (known.has(recordPath(record))) continue;
    const files = await logFiles(c, record);
    const message = `${record.channel} generation ${record.number}`;
    const takeOver = c.memory().takesOverLog;
    await c.ports.policyGit.appendLog(message, files, { takeOver });
    if (takeOver) await c.note('log-taken-over', {});
  }
}

interface LogFile {
  readonly path: string;
  readonly text: string;
}

async function logFiles(c: Installation, record: GenerationRecord): Promise<readonly LogFile[]> {
  const text = `${JSON.stringify(record, undefined, 1)}\n`;
  const [key] = record.keys;
  if (key === undefined) throw new Error(`generation ${record.number} names no key`);
  const signature = await c.ports.signer.sign({
    key,
    bytes: Buffer.from(text),
    dateSeconds: record.revision,
    purpose: { kind: 'record', record },
  });
  const files: LogFile[] = [
    { path: recordPath(record), text },
    { path: `${recordPath(record)}.asc`, text: signature },
    { path: repomdPath(record), text: `${JSON.stringify(await publishedRepomd(c, record))}\n` },
  ];
  files.push(...(await snapshotsOf(c, [record.content, ...Object.values(record.base)])));
  const content = await channelContent(c.snapshots, record.content);
  if (content) files.push(...signedFormFiles(c, record, content));
  return files;
}

/** What the log lacks of some snapshots: most objects are those of the generation before, and need not be read. */
async function snapshotsOf(c: Installation, ids: readonly SnapshotId[]): Promise<LogFile[]> {
  const { policyGit } = c.ports;
  const manifests = new Set(await policyGit.listLog('snapshots/'));
  // A manifest and its objects came in one commit.
  const unknown = [...new Set(ids)].filter((id) => !manifests.has(manifestFile(id)));
  const present = new Set(unknown.length === 0 ? [] : await policyGit.listLog('objects/'));
  const files = new Map<string, LogFile>();
  for (const id of unknown) {
    for await (const file of snapshotFiles(c.store, id, present)) files.set(file.path, file);
  }
  return [...files.values()];
}

/**
 * Rebuilds what an empty journal lost from the log: accepted head, generations with their admissions, snapshots.
 * Returns whether there was anything. A record that the site's key did not sign halts: `ForeignController`.
 */
export async function restoreFromLog(c: Installation): Promise<boolean> {
  if (c.memory().generations.size > 0) return false;
  const paths = await c.ports.policyGit.listLog('records/');
  if (paths.length === 0) return false;
  const keyring = await siteKeyring(c);
  const records: GenerationRecord[] = [];
  for (const path of paths.filter((p) => p.endsWith('.json'))) {
    records.push(await verifiedRecord(c, keyring, path));
  }
  const inOrder = orderOf(records);
  for (const record of inOrder) {
    for (const id of [...Object.values(record.base), record.content]) await restoreContent(c, id);
    await c.note('committed', { record });
  }
  const newest = inOrder.at(-1);
  if (newest) await c.note('removals-handled', { commit: newest.acceptedHead });
  c.ports.log.emit({ kind: 'note', text: `rebuilt ${records.length} generations from the log` });
  return true;
}

/** By time, but never a generation before its predecessor: a clock may have gone back between the two. */
function orderOf(records: readonly GenerationRecord[]): readonly GenerationRecord[] {
  const byNumber = records.toSorted((a, b) => a.number - b.number);
  const reached = new Map<string, number>();
  const timed = byNumber.map((record) => {
    const time = Math.max(reached.get(record.channel) ?? 0, record.time);
    reached.set(record.channel, time);
    return { record, time };
  });
  return timed
    .toSorted((a, b) => a.time - b.time || a.record.number - b.record.number)
    .map(({ record }) => record);
}

async function siteKeyring(c: Installation): Promise<Keyring> {
  const files: { path: string; text: string }[] = [];
  for (const key of await c.ports.signer.keys()) {
    files.push({ path: `key ${key}`, text: await c.ports.signer.publicKey(key) });
  }
  return readKeyring(files);
}

async function verifiedRecord(
  c: Installation,
  keyring: Keyring,
  path: string,
): Promise<GenerationRecord> {
  const text = await c.ports.policyGit.readLog(path);
  const signature = await c.ports.policyGit.readLog(`${path}.asc`);
  // An operator takes over what another installation wrote and this one cannot check.
  if (c.memory().takesOverLog) return JSON.parse(text ?? '') as GenerationRecord;
  try {
    const now = c.ports.clock.now();
    await verifyDetached({ armored: signature ?? '', bytes: Buffer.from(text ?? '') }, keyring, {
      now,
      exceptions: [],
    });
  } catch (cause) {
    throw new Fault('ForeignController', {
      object: `refs/sluice/generations:${path}`,
      check: 'signature of the generation record',
      expected: "one by this installation's key",
      found: cause instanceof Error ? cause.message : 'none',
      fix: 'Restore <state>/keys from the backup of the installation that wrote the log, or take over: sluice acknowledge generations',
      cause,
    });
  }
  // The signature vouches for the shape: only this program writes records.
  return JSON.parse(text ?? '') as GenerationRecord;
}

async function restoreContent(c: Installation, id: SnapshotId): Promise<void> {
  await restoreSnapshot(c.store, (path) => c.ports.policyGit.readLog(path), id);
}
