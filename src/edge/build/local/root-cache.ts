import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalDigest, type Sha256 } from '../../../model/index.ts';
import type { BuildOrder } from '../../../ports.ts';
import { type Composed, type ComposeJob, composeRoot } from './compose-root.ts';
import type { LogCapture } from './log-capture.ts';

export type RootFor =
  | { readonly kind: 'root'; readonly directory: string; readonly packages: readonly string[] }
  | Exclude<Composed, { kind: 'composed' }>;

/** Composed roots by the digest of what they were made from; they are only ever mounted read-only. */
export interface RootCache {
  rootFor(order: BuildOrder, job: RootJob): Promise<RootFor>;
}

export interface RootJob {
  readonly requirements: readonly string[];
  readonly log: LogCapture;
  readonly signal: AbortSignal;
}

/** Raised when the same inputs would give another root. */
const format = 1;
const keptRoots = 8;
const longestUseMilliseconds = 24 * 3600 * 1000;

/** `directory` is a folder of its own; everything in it can be made again. */
export function rootCache(directory: string): RootCache {
  let made = 0;
  return {
    rootFor: async (order, job) => {
      const name = digestOf(order, job.requirements);
      const place = join(directory, name);
      const known = await read(place);
      if (known) return known;
      made += 1;
      const work = join(directory, `new-${process.pid}-${made}`);
      await rm(work, { recursive: true, force: true });
      await mkdir(work, { recursive: true });
      try {
        return await compose(place, { ...job, ...jobOf(order), directory: work });
      } finally {
        await rm(work, { recursive: true, force: true });
        await forgetOldest(directory);
      }
    },
  };
}

function digestOf({ inputs }: BuildOrder, requirements: readonly string[]): Sha256 {
  return canonicalDigest({ format, root: inputs.root, arch: inputs.arch, requirements });
}

const jobOf = ({ repositories, limits }: BuildOrder) => ({ repositories, limits });

async function compose(place: string, job: ComposeJob): Promise<RootFor> {
  const composed = await composeRoot(job);
  if (composed.kind !== 'composed') return composed;
  await writeFile(join(job.directory, 'packages.json'), JSON.stringify(composed.packages));
  // Somebody else may have been first: theirs is as good.
  await rename(job.directory, place).catch(() => undefined);
  const known = await read(place);
  if (!known) throw new Error(`no root at ${place} although it was composed`);
  return known;
}

async function read(place: string): Promise<RootFor | undefined> {
  const text = await readFile(join(place, 'packages.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const now = new Date();
  await utimes(place, now, now);
  return { kind: 'root', directory: join(place, 'root'), packages: JSON.parse(text) };
}

/** Those that a build may still be using stay, however many they are. */
async function forgetOldest(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((n) => /^[0-9a-f]{64}$/.test(n));
  const ages = await Promise.all(
    names.map(async (name) => ({ name, usedAt: (await stat(join(directory, name))).mtimeMs })),
  );
  const oldest = ages.toSorted((a, b) => b.usedAt - a.usedAt).slice(keptRoots);
  for (const { name, usedAt } of oldest) {
    if (Date.now() - usedAt > longestUseMilliseconds)
      await rm(join(directory, name), { recursive: true, force: true });
  }
}
