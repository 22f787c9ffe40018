import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../../model/index.ts';
import type { BuildAnswer, Builder, BuildOrder } from '../../../ports.ts';
import { inside, insideCommand } from './build-script.ts';
import { accounts, hostRoot } from './host-root.ts';
import { type Judged, judgeEnd } from './judge-end.ts';
import { type LogCapture, logCapture } from './log-capture.ts';
import { type ReadSource, readSource } from './read-source.ts';
import { rpmbuildCommand } from './rpmbuild-command.ts';
import { runSandbox, type SandboxEnd } from './run-sandbox.ts';
import { buildEnvironment } from './sandbox-command.ts';

/**
 * The `Builder` port with bubblewrap and rpmbuild on this machine. A build sees a read-only root, its source package
 * and its patches; what it makes leaves the sandbox through one pipe.
 */
export function localBuilder(): Builder {
  return { build };
}

const architectures: Readonly<Record<string, string>> = {
  x64: 'x86_64',
  arm64: 'aarch64',
  ppc64: 'ppc64le',
  s390x: 's390x',
  riscv64: 'riscv64',
};

/** rpmbuild would only put another label on what this machine's compiler makes. */
function refuseForeign({ inputs }: BuildOrder): void {
  const own = architectures[process.arch] ?? process.arch;
  if (inputs.arch === own || inputs.arch === 'noarch') return;
  throw new Fault('BuilderUnsuitable', {
    object: inputs.source.nevra,
    check: 'this machine builds for the architecture',
    expected: `${own} or noarch`,
    found: inputs.arch,
    fix: 'Give the policy a builder that has machines of this architecture (build.builder).',
  });
}

interface Attempt {
  readonly order: BuildOrder;
  readonly log: LogCapture;
  readonly signal: AbortSignal;
  readonly logPath: string;
  readonly outputDirectory: string;
}

async function build(order: BuildOrder, signal: AbortSignal): Promise<BuildAnswer> {
  refuseForeign(order);
  const logPath = join(order.directory, 'build.log');
  const outputDirectory = join(order.directory, 'output');
  await mkdir(outputDirectory, { recursive: true });
  const log = logCapture(logPath, order.limits.logBytes);
  try {
    return await attempt({ order, log, signal, logPath, outputDirectory });
  } finally {
    await log.close();
  }
}

async function attempt(a: Attempt): Promise<BuildAnswer> {
  const source = await sourceOf(a.order);
  if (source instanceof Fault) {
    a.log.say(source.message);
    const { code, check, found = '' } = source;
    const nothing = { logPath: a.logPath, buildroot: [], command: [], isolation: [] };
    return { ...nothing, kind: 'failed', code, check, found };
  }
  const command = rpmbuildCommand(a.order.inputs, source.content.spec);
  const end = await inSandbox(a, source, command);
  a.signal.throwIfAborted();
  const answer = {
    logPath: a.logPath,
    buildroot: [],
    command,
    isolation: end.settings.arguments,
  };
  const failed: Judged | undefined = judgeEnd(end, a.order.limits);
  if (failed === undefined) return { ...answer, kind: 'built', outputDirectory: a.outputDirectory };
  a.log.say(`${failed.check}: ${failed.found}`);
  return { ...answer, kind: 'failed', ...failed };
}

const aboutTheSource: ReadonlySet<string> = new Set(['SourceRefused', 'PackageInvalid']);

async function sourceOf(order: BuildOrder): Promise<ReadSource | Fault> {
  try {
    return await readSource(order);
  } catch (error) {
    if (error instanceof Fault && aboutTheSource.has(error.code)) return error;
    throw error;
  }
}

async function inSandbox(
  a: Attempt,
  source: ReadSource,
  command: readonly string[],
): Promise<SandboxEnd> {
  const { order } = a;
  return await runSandbox({
    name: `${order.key.slice(0, 16)}-${process.pid}`,
    mounts: await hostRoot(),
    files: new Map<string, AsyncIterable<Uint8Array> | string>([
      ['/etc/passwd', accounts.passwd],
      ['/etc/group', accounts.group],
      [inside.source, createReadStream(order.sourcePath)],
      ...order.patches.map((p) => [`${inside.patches}/${p.name}`, p.text] as const),
    ]),
    environment: buildEnvironment(order.inputs.sourceDateEpoch),
    command: insideCommand(source.content.spec.name, command),
    limits: order.limits,
    outputDirectory: a.outputDirectory,
    log: a.log,
    signal: a.signal,
  });
}
