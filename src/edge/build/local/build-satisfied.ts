import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import type { BuildOrder } from '../../../ports.ts';
import { inside, insideCommand } from './build-script.ts';
import type { Composed } from './compose-root.ts';
import { accounts, composedRoot, hostRoot } from './host-root.ts';
import { type LogCapture, teeLog } from './log-capture.ts';
import type { RootCache } from './root-cache.ts';
import { runSandbox, type SandboxEnd } from './run-sandbox.ts';
import { buildEnvironment, type Mount } from './sandbox-command.ts';
import { unmetRequirements } from './unmet-requirements.ts';

export interface Running {
  readonly roots: RootCache;
  readonly order: BuildOrder;
  readonly log: LogCapture;
  readonly signal: AbortSignal;
  readonly outputDirectory: string;
}

/** What a sandbox is given to build. */
export interface Inside {
  readonly specName: string;
  /** Path inside → text, beside the source package. */
  readonly files: ReadonlyMap<string, string>;
  readonly command: readonly string[];
}

export type Ended =
  | { readonly kind: 'ended'; readonly end: SandboxEnd; readonly packages: readonly string[] }
  | Exclude<Composed, { kind: 'composed' }>;

const maxRounds = 8;
const tailBytes = 256 * 1024;

/** Builds, and again in a richer root while the build itself says that it requires more (`%generate_buildrequires`). */
export async function buildSatisfied(
  a: Running,
  what: Inside,
  declared: readonly string[],
): Promise<Ended> {
  const requirements = new Set(declared);
  for (let round = 1; ; round += 1) {
    const root = await rootOf(a, requirements);
    if (root.kind !== 'root') return root;
    const tail = teeLog(a.log, tailBytes);
    const end = await inSandbox({ ...a, log: tail.log }, what, root.mounts);
    a.signal.throwIfAborted();
    const { packages } = root;
    const output = { directory: a.outputDirectory, log: tail.text() };
    const unmet = root.composed ? await unmetRequirements(end.exitCode, output) : [];
    const more = unmet.filter((r) => !requirements.has(r));
    if (more.length === 0 || round === maxRounds) return { kind: 'ended', end, packages };
    a.log.say(`the build requires besides: ${more.join(', ')}`);
    for (const requirement of more) requirements.add(requirement);
    await rm(a.outputDirectory, { recursive: true });
    await mkdir(a.outputDirectory);
  }
}

async function rootOf(a: Running, requirements: ReadonlySet<string>) {
  if (a.order.inputs.root.kind === 'host') {
    const mounts = await hostRoot();
    return { kind: 'root', composed: false, mounts, packages: [] as readonly string[] } as const;
  }
  const wanted = [...requirements].toSorted();
  const { log, signal } = a;
  const root = await a.roots.rootFor(a.order, { requirements: wanted, log, signal });
  if (root.kind !== 'root') return root;
  const mounts = await composedRoot(root.directory);
  return { kind: 'root', composed: true, mounts, packages: root.packages } as const;
}

async function inSandbox(a: Running, what: Inside, mounts: readonly Mount[]): Promise<SandboxEnd> {
  const { order } = a;
  const onHost = order.inputs.root.kind === 'host';
  return await runSandbox({
    name: `${order.key.slice(0, 16)}-${process.pid}`,
    identity: 'builder',
    mounts,
    files: new Map<string, AsyncIterable<Uint8Array> | string>([
      ...(onHost ? Object.entries(accounts) : []),
      [inside.source, createReadStream(order.sourcePath)],
      ...what.files,
    ]),
    environment: buildEnvironment(order.inputs.sourceDateEpoch),
    command: insideCommand(what.specName, what.command),
    limits: order.limits,
    outputDirectory: a.outputDirectory,
    log: a.log,
    signal: a.signal,
  });
}
