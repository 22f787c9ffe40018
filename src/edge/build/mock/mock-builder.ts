import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../../model/index.ts';
import type { BuildAnswer, Builder, BuildOrder } from '../../../ports.ts';
import { type EditedSource, editedSource } from '../edited-source.ts';
import { type LogCapture, logCapture } from '../local/log-capture.ts';
import { type ReadSource, sourceOf } from '../local/read-source.ts';
import { runProgram } from '../run-program.ts';
import { unpackSource } from '../unpack-source.ts';
import { type Judged, judgeEnd, type MockEnd } from './judge-end.ts';
import { type MockTask, mockCommand } from './mock-command.ts';
import { mockConfig } from './mock-config.ts';

export interface MockOptions {
  /** The site's template. Absolute. */
  readonly template: string;
  /** The program; `mock` on the path unless a test has another. */
  readonly program?: string;
}

/**
 * The `Builder` port with mock, where a machine has it. Isolation is mock's; its files are looked through here like
 * those of everybody else.
 */
export function mockBuilder(options: MockOptions): Builder {
  return {
    build: async (order, signal) => {
      const places = placesOf(order);
      for (const folder of [places.output, places.results, places.sources]) await mkdir(folder);
      const log = logCapture(places.log, order.limits.logBytes);
      try {
        return await attempt({ options, order, signal, log, places });
      } finally {
        await log.close();
      }
    },
  };
}

function placesOf({ directory }: BuildOrder) {
  const below = (name: string) => join(directory, name);
  return {
    log: below('build.log'),
    config: below('mock.cfg'),
    output: below('output'),
    results: below('results'),
    /** Of the source package that is made when the site changes it. */
    sources: below('edited'),
    key: (index: number) => below(`key-${index}.asc`),
  };
}

interface Attempt {
  readonly options: MockOptions;
  readonly order: BuildOrder;
  readonly signal: AbortSignal;
  readonly log: LogCapture;
  readonly places: ReturnType<typeof placesOf>;
}

async function attempt(a: Attempt): Promise<BuildAnswer> {
  refuseHost(a.order);
  const source = await sourceOf(a.order);
  if (source instanceof Fault) {
    const { code, check, found = '' } = source;
    return failed(a, { code, check, found });
  }
  const edited = editedSource(a.order, source.content);
  if (edited.kind === 'stuck') {
    const found = 'nothing tells where the patches of the policy belong';
    return failed(a, { code: 'BuildFailed', check: edited.check, found });
  }
  await writeConfig(a);
  const isEdited = edited.spec !== source.content.spec.text || edited.patches.size > 0;
  const prepared = isEdited ? await makeSource(a, source, edited) : a.order.sourcePath;
  if (typeof prepared !== 'string') return failed(a, prepared);
  const task: MockTask = { kind: 'rebuild', source: prepared };
  const { command, judged } = await runMock(a, task, a.places.results);
  await keepBuildLog(a);
  if (judged !== undefined) return failed(a, judged, command);
  await keepPackages(a);
  return { ...(await told(a, command)), kind: 'built', outputDirectory: a.places.output };
}

function refuseHost({ inputs }: BuildOrder): void {
  if (inputs.root.kind === 'channels') return;
  throw new Fault('BuilderUnsuitable', {
    object: inputs.source.nevra,
    check: 'the policy names channels as the root of the build (build.root)',
    found: 'host',
    fix: 'Name the channels that mock is to set up its machine from.',
  });
}

async function writeConfig({ order, options, places }: Attempt): Promise<void> {
  const keyFiles = order.repositories.map((_, index) => places.key(index));
  for (const [index, { keys }] of order.repositories.entries()) {
    await writeFile(places.key(index), keys.join('\n'));
  }
  const { template } = options;
  await writeFile(places.config, mockConfig(order, { template, keyFiles }));
}

/** The source package with the site's patches, made inside too: to read a spec is to run it. */
async function makeSource(
  a: Attempt,
  source: ReadSource,
  edited: Extract<EditedSource, { kind: 'edited' }>,
): Promise<string | Judged> {
  const files = await unpackSource(a.order, source);
  const folder = join(a.order.directory, 'sources');
  for (const [name, text] of edited.patches) await writeFile(join(folder, name), text);
  const spec = files.get(source.content.spec.name) ?? '';
  await writeFile(spec, edited.spec);
  const task: MockTask = { kind: 'buildsrpm', spec, sources: folder };
  const { judged } = await runMock(a, task, a.places.sources);
  if (judged !== undefined) return judged;
  const made = (await readdir(a.places.sources)).filter((name) => name.endsWith('.src.rpm'));
  const [only] = made;
  if (only !== undefined && made.length === 1) return join(a.places.sources, only);
  const check = 'mock makes one source package of the edited spec';
  return { code: 'BuildFailed', check, found: made.join(', ') || 'none' };
}

/** Setting up a machine is mock's work, not the build's. */
const setupSeconds = 1800;
const saidLimit = 20_000;

async function runMock(
  { options, order, signal, log, places }: Attempt,
  task: MockTask,
  resultDirectory: string,
): Promise<{ readonly command: readonly string[]; readonly judged: Judged | undefined }> {
  const place = { config: places.config, resultDirectory };
  const command = mockCommand(task, place, order.inputs.recipe);
  let text = '';
  const end = await runProgram({
    command: [options.program ?? 'mock', ...command.slice(1)],
    directory: order.directory,
    seconds: order.limits.seconds + setupSeconds,
    signal,
    said: (bytes) => {
      log.push(bytes);
      text = (text + Buffer.from(bytes).toString('utf8')).slice(-saidLimit);
    },
  });
  const mockEnd: MockEnd = { ...end, said: text };
  return { command, judged: judgeEnd(mockEnd, order.limits) };
}

/** What rpmbuild said is in a file of its own. */
async function keepBuildLog({ log, places }: Attempt): Promise<void> {
  try {
    for await (const chunk of createReadStream(join(places.results, 'build.log'))) log.push(chunk);
  } catch {
    log.say('mock left no build.log');
  }
}

async function keepPackages({ places }: Attempt): Promise<void> {
  for (const name of await readdir(places.results)) {
    if (name.endsWith('.rpm')) await rename(join(places.results, name), join(places.output, name));
  }
}

async function told(a: Attempt, command: readonly string[]) {
  const listed = await readFile(join(a.places.results, 'installed_pkgs.log'), 'utf8').catch(
    () => '',
  );
  // NEVRA, time, size, digest, key and repository, with spaces between (plugin package_state).
  const buildroot = listed.split('\n').flatMap((line) => line.split(' ')[0] || []);
  const isolation = ['mock'];
  return { logPath: a.places.log, buildroot: buildroot.toSorted(), command, isolation };
}

async function failed(
  a: Attempt,
  judged: Judged,
  command: readonly string[] = [],
): Promise<BuildAnswer> {
  a.log.say(`${judged.check}: ${judged.found}`);
  return { ...(await told(a, command)), kind: 'failed', ...judged };
}
