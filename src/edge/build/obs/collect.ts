import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildOrder } from '../../../ports.ts';
import type { LogCapture } from '../local/log-capture.ts';
import { readBuildroot, readListing } from './answers.ts';
import type { ObsClient } from './client.ts';
import { packageName, repositoryName, schedulerArch } from './documents.ts';
import { unavailable } from './obs-fault.ts';

/** Where the results of a project's only package are. */
export function resultPath(project: string, order: BuildOrder, ...more: readonly string[]) {
  return ['build', project, repositoryName, schedulerArch(order.inputs), packageName, ...more];
}

interface From {
  readonly project: string;
  readonly order: BuildOrder;
  readonly signal: AbortSignal;
}

/** Room for what we say in the log ourselves. */
const ownLinesBytes = 1000;

/** The beginning and the end of the service's log; no more of it is transferred than is kept. */
export async function fetchLog(client: ObsClient, from: From, log: LogCapture): Promise<void> {
  const { project, order, signal } = from;
  const path = resultPath(project, order, '_log');
  const entry = await client.text({ path, query: { view: 'entry' }, mayMiss: true }, signal);
  const sizeBytes = entry === undefined ? 0 : (readListing(entry)[0]?.sizeBytes ?? 0);
  const half = Math.floor((order.limits.logBytes - ownLinesBytes) / 2);
  const cut = sizeBytes > 2 * half;
  const ranges = cut
    ? [
        [0, half],
        [sizeBytes - half, sizeBytes],
      ]
    : [[0, sizeBytes]];
  for (const [start = 0, end = 0] of ranges) {
    if (end === 0) continue;
    if (start > 0) log.push(Buffer.from(`\n[sluice: ${start - half} bytes left out here]\n`));
    const query = { nostream: '1', start: String(start), end: String(end) };
    const part = await client.stream(
      { path, query, maxBytes: half * 2 + 1, mayMiss: true },
      signal,
    );
    for await (const chunk of part ?? []) log.push(chunk);
  }
}

/** NEVRAs of the buildroot, as the service resolves it for this package; empty where it cannot. */
export async function fetchBuildroot(client: ObsClient, from: From): Promise<readonly string[]> {
  const path = resultPath(from.project, from.order, '_buildinfo');
  const xml = await client.text({ path, mayMiss: true }, from.signal);
  return xml === undefined ? [] : readBuildroot(xml);
}

const mostFiles = 2000;

/** Fetches the packages into the folder. Gives what speaks against them, where something does. */
export async function fetchPackages(
  client: ObsClient,
  from: From,
  outputDirectory: string,
): Promise<string | undefined> {
  const { project, order, signal } = from;
  const listing = await client.text({ path: resultPath(project, order) }, signal);
  const files = readListing(listing ?? '<binarylist/>').filter((f) => f.name.endsWith('.rpm'));
  const objection = objectionTo(files, order.limits.diskBytes);
  if (objection !== undefined) return objection;
  for (const { name, sizeBytes } of files) {
    const path = resultPath(project, order, name);
    const body = await client.stream({ path, maxBytes: sizeBytes }, signal);
    const written = await write(join(outputDirectory, name), body ?? []);
    if (written !== sizeBytes) {
      const check = `${name} has ${sizeBytes} bytes, as its listing says`;
      throw unavailable(project, check, `${written} bytes`);
    }
  }
  return undefined;
}

/** Names are the service's: one that is no plain file name is written nowhere. */
function objectionTo(
  files: ReturnType<typeof readListing>,
  limitBytes: number,
): string | undefined {
  const strange = files.find(({ name }) => !/^[A-Za-z0-9][A-Za-z0-9._+~^-]{0,250}$/.test(name));
  if (strange !== undefined)
    return `${JSON.stringify(strange.name.slice(0, 200))} is no plain name`;
  if (new Set(files.map((f) => f.name)).size !== files.length) return 'a name is there twice';
  if (files.length > mostFiles) return `more than ${mostFiles} files`;
  const bytes = files.reduce((sum, f) => sum + f.sizeBytes, 0);
  return bytes <= limitBytes ? undefined : `${bytes} bytes: more than ${limitBytes}`;
}

async function write(path: string, body: AsyncIterable<Uint8Array> | readonly []): Promise<number> {
  const handle = await open(path, 'wx', 0o644);
  let bytes = 0;
  try {
    for await (const chunk of body) {
      await handle.writeFile(chunk);
      bytes += chunk.length;
    }
  } finally {
    await handle.close();
  }
  return bytes;
}
