import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../../model/index.ts';
import type { BuildAnswer, Builder, BuildOrder } from '../../../ports.ts';
import { inside, insideCommand } from './build-script.ts';
import { accounts, hostRoot } from './host-root.ts';
import { type Judged, judgeEnd } from './judge-end.ts';
import { type LogCapture, logCapture } from './log-capture.ts';
import { sourceOf } from './read-source.ts';
import { rpmbuildCommand } from './rpmbuild-command.ts';
import { runSandbox, type SandboxEnd } from './run-sandbox.ts';
import { buildEnvironment } from './sandbox-command.ts';
import { sourceFiles } from './source-files.ts';

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
    const { code, check, found = '' } = source;
    return failed(a, { code, check, found });
  }
  const files = sourceFiles(a.order, source);
  if (files.kind === 'stuck') {
    const found = 'nothing tells where the patches of the policy belong';
    return failed(a, { code: 'BuildFailed', check: files.check, found });
  }
  const command = rpmbuildCommand(a.order.inputs, source.content.spec);
  const end = await inSandbox(a, {
    specName: source.content.spec.name,
    files: files.files,
    command,
  });
  a.signal.throwIfAborted();
  const told = { command, isolation: end.settings.arguments };
  const judged = judgeEnd(end, a.order.limits);
  if (judged !== undefined) return failed(a, judged, told);
  const { logPath, outputDirectory } = a;
  return { ...told, logPath, buildroot: [], kind: 'built', outputDirectory };
}

/** The log says it too: whoever reads only that must not miss why. */
function failed(
  a: Attempt,
  judged: Judged,
  told: Pick<BuildAnswer, 'command' | 'isolation'> = { command: [], isolation: [] },
): BuildAnswer {
  a.log.say(`${judged.check}: ${judged.found}`);
  return { logPath: a.logPath, buildroot: [], ...told, kind: 'failed', ...judged };
}

interface Inside {
  readonly specName: string;
  readonly files: ReadonlyMap<string, string>;
  readonly command: readonly string[];
}

async function inSandbox(a: Attempt, what: Inside): Promise<SandboxEnd> {
  const { order } = a;
  return await runSandbox({
    name: `${order.key.slice(0, 16)}-${process.pid}`,
    mounts: await hostRoot(),
    files: new Map<string, AsyncIterable<Uint8Array> | string>([
      ['/etc/passwd', accounts.passwd],
      ['/etc/group', accounts.group],
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
