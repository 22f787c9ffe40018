import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { updateinfoText } from './corpus/advisory.ts';
import { restorePackages, updatePackages, writeCorpus } from './corpus/write-corpus.ts';
import { type Measurement, measure } from './measure.ts';
import { machineText, type Row, tableText } from './report.ts';
import { benchSite } from './sluice-site.ts';

const usage = `npm run bench -- [COUNT] [--runs N] [--directory DIR] [--node OPTION]…

Builds a repository of COUNT packages (1000), mirrors and publishes it with Sluice, replaces ten packages with an
advisory, and publishes again; createrepo_c on the same files is the peer. Prints a markdown table. --directory keeps
everything for a closer look; --node passes options such as --cpu-prof to Sluice's node.`;

const updated = 10;

await main();

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '1' },
      directory: { type: 'string' },
      node: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  const count = Number(positionals[0] ?? '1000');
  const runs = Number(values.runs);
  if (values.help || !(count >= updated) || !(runs >= 1)) return print(usage);
  const kept = values.directory === undefined ? undefined : resolve(values.directory);
  const directory = kept ?? (await mkdtemp(join(tmpdir(), 'sluice-bench-')));
  try {
    await bench({ directory, count, runs, nodeOptions: values.node });
  } finally {
    if (kept === undefined) await rm(directory, { recursive: true, force: true });
  }
}

interface Bench {
  readonly directory: string;
  readonly count: number;
  readonly runs: number;
  readonly nodeOptions: readonly string[];
}

async function bench({ directory, count, runs, nodeOptions }: Bench): Promise<void> {
  const repository = join(directory, 'upstream');
  await mkdir(repository, { recursive: true });
  note(`writing ${count} packages`);
  const bytes = await writeCorpus(repository, count);
  const results: (readonly [string, Measurement])[] = [];
  for (let run = 1; run <= runs; run += 1) {
    note(`run ${run} of ${runs}`);
    results.push(...(await oneRun({ directory, count, runs, nodeOptions }, repository)));
  }
  const byTask = Map.groupBy(results, ([task]) => task);
  const rows: Row[] = [...byTask].map(([task, list]) => ({
    task,
    runs: list.map(([, measurement]) => measurement),
  }));
  print(`${count} packages, ${(bytes / 1e6).toFixed(0)} MB. ${await machineText()}\n`);
  print(tableText(rows));
}

async function oneRun(
  { directory, count, nodeOptions }: Bench,
  repository: string,
): Promise<readonly (readonly [string, Measurement])[]> {
  const indexes = Array.from({ length: updated }, (_, n) =>
    Math.floor(((n + 0.5) * count) / updated),
  );
  await rm(join(repository, 'repodata'), { recursive: true, force: true });
  const full = await createrepo(repository);
  const site = await benchSite(directory, repository, nodeOptions);
  const bootstrap = await site.reconcile();
  await expectServed(site.served(), { generation: 1, packages: count });

  const packages = await updatePackages(repository, indexes);
  const update = await createrepo(repository, '--update');
  await addAdvisory(directory, repository, updateinfoText('EXBA-2026:0001', packages));
  const taken = await site.reconcile('--sync');
  await expectServed(site.served(), { generation: 2, packages: count + updated });
  const idle = await site.reconcile('--sync');

  await restorePackages(repository, indexes);
  if (!nodeOptions.length) await site.remove();
  return [
    ['createrepo_c, everything', full],
    ['createrepo_c --update, 10 packages replaced', update],
    ['sluice reconcile: mirror, verify, publish everything', bootstrap],
    ['sluice reconcile --sync: 10 packages replaced, advisory', taken],
    ['sluice reconcile --sync: nothing new', idle],
  ];
}

function createrepo(repository: string, ...options: readonly string[]): Promise<Measurement> {
  const plain = ['--no-database', '--general-compress-type=gz', '--quiet'];
  return measure({ program: 'createrepo_c', args: [...plain, ...options, repository] });
}

async function addAdvisory(directory: string, repository: string, text: string): Promise<void> {
  const file = join(directory, 'updateinfo.xml');
  await writeFile(file, text);
  const how = ['--mdtype', 'updateinfo', '--compress-type=gz'];
  const args = [...how, file, join(repository, 'repodata')];
  await measure({ program: 'modifyrepo_c', args });
}

/** A fast run that did something else would be no measurement. */
async function expectServed(
  served: Promise<{ readonly generation: number; readonly packages: number }>,
  expected: { readonly generation: number; readonly packages: number },
): Promise<void> {
  const { generation, packages } = await served;
  if (generation === expected.generation && packages === expected.packages) return;
  const found = `generation ${generation} with ${packages} packages`;
  throw new Error(`expected ${JSON.stringify(expected)}, served is ${found}`);
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
