import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../../model/index.ts';
import type { BuildAnswer, Builder, BuildOrder } from '../../../ports.ts';
import { dependencyText } from '../../../rpm/index.ts';
import { buildSatisfied, type Running } from './build-satisfied.ts';
import { type Judged, judgeEnd } from './judge-end.ts';
import { logCapture } from './log-capture.ts';
import { patchTrialCommand, patchTrials } from './patch-trial.ts';
import { sourceOf } from './read-source.ts';
import { type RootCache, rootCache } from './root-cache.ts';
import { rpmbuildCommand } from './rpmbuild-command.ts';
import { sourceFiles } from './source-files.ts';

export interface LocalBuilderOptions {
  /** Where composed roots are kept; a folder of its own. */
  readonly roots: string;
}

/**
 * The `Builder` port with bubblewrap, rpmbuild and dnf on this machine. A build sees a read-only root, its source
 * package and its patches; what it makes leaves the sandbox through one pipe.
 */
export function localBuilder(options: LocalBuilderOptions): Builder {
  const roots = rootCache(options.roots);
  return { build: (order, signal) => build(roots, order, signal) };
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

interface Attempt extends Running {
  readonly logPath: string;
}

async function build(
  roots: RootCache,
  order: BuildOrder,
  signal: AbortSignal,
): Promise<BuildAnswer> {
  refuseForeign(order);
  const logPath = join(order.directory, 'build.log');
  const outputDirectory = join(order.directory, 'output');
  await mkdir(outputDirectory, { recursive: true });
  const log = logCapture(logPath, order.limits.logBytes);
  try {
    return await attempt({ roots, order, log, signal, logPath, outputDirectory });
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
  const { inputs } = a.order;
  const tries = inputs.stage === 'prepare';
  const rpmbuild = rpmbuildCommand(inputs, source.content.spec);
  const command = tries ? patchTrialCommand(rpmbuild) : rpmbuild;
  const what = { specName: source.content.spec.name, files: files.files, command };
  const ended = await buildSatisfied(a, what, source.head.detail.requires.map(dependencyText));
  if (ended.kind === 'missing')
    return failed(a, lacking(ended.missing), { missing: ended.missing });
  if (ended.kind === 'limit') return failed(a, ended.judged);
  const { end, packages } = ended;
  const told = { command, isolation: end.settings.arguments, buildroot: packages };
  const judged = judgeEnd(end, a.order.limits);
  if (judged !== undefined) return failed(a, judged, told);
  const { logPath, outputDirectory } = a;
  if (tries) {
    const patches = await patchTrials(outputDirectory, inputs.recipe.patches);
    return { ...told, logPath, kind: 'prepared', patches };
  }
  return { ...told, logPath, kind: 'built', outputDirectory };
}

function lacking(missing: readonly string[]): Judged {
  return {
    code: 'BuildRequirements',
    check: 'the repositories of the build root have all that the build requires',
    found: missing.length > 0 ? `no ${missing.join(', no ')}` : 'dnf failed; the log says why',
  };
}

type Told = Pick<BuildAnswer, 'command' | 'isolation' | 'buildroot'>;

/** The log says it too: whoever reads only that must not miss why. */
function failed(
  a: Attempt,
  judged: Judged,
  told: Partial<Told> & { readonly missing?: readonly string[] } = {},
): BuildAnswer {
  a.log.say(`${judged.check}: ${judged.found}`);
  const nothing: Told = { command: [], isolation: [], buildroot: [] };
  return { logPath: a.logPath, ...nothing, ...told, kind: 'failed', ...judged };
}
