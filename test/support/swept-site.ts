import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildVendor } from '../../src/cli/demo/vendor.ts';
import { realDisk } from '../../src/edge/index.ts';
import { openJournal, recordsOf } from '../../src/store/index.ts';
import { clientView } from './client-view.ts';
import { contentMetadata, type Site, site } from './site.ts';

/** A site about to do something: what is run under trouble, and what is run after it to come to rest. */
export interface Stage {
  readonly name: string;
  readonly site: Site;
  readonly args: readonly string[];
  readonly then: readonly (readonly string[])[];
}

/** Where a site came to rest, without times: equal for every way that leads there. */
export interface Rest {
  /** Content of every generation, oldest first. */
  readonly contents: Readonly<Record<string, readonly string[]>>;
  readonly metadata: Readonly<Record<string, readonly string[]>>;
  readonly commits: number;
  readonly policyFiles: readonly string[];
  readonly branches: readonly string[];
  readonly staging: readonly string[];
  /** What is held: names below these folders of the state directory. */
  readonly held: readonly (readonly string[])[];
}

const heldFolders = ['generations', 'snapshots', 'packages/sha256', 'public/snapshots'];

const channels = ['production', 'testing'] as const;
const week = 7 * 86_400;
const disk = realDisk();

/**
 * One site after another, each a copy of the last and one step further: about to mirror new packages, to point a
 * channel at a merged promotion, to take back the reverted promotion, to pin a channel to an earlier generation, and to
 * remove what nothing names any more.
 */
export async function sweptStages(): Promise<{
  readonly stages: readonly Stage[];
  remove(): Promise<void>;
}> {
  const here = await site();
  const vendor = await buildVendor(join(here.directory, 'vendor'), 1);
  const upstream = ['--upstream', `vendor=${vendor.url}`, '--key', vendor.keyFile];
  await here.ask(['init', here.policy, ...upstream]);
  await here.ask(['reconcile'], [0, 1]);
  await merge(here, 'bootstrap/production');
  await here.ask(['reconcile'], [0, 1]);
  await buildVendor(join(here.directory, 'vendor'), 2);
  const stages: Stage[] = [];
  const stage = async (
    name: string,
    args: readonly string[],
    then: readonly (readonly string[])[] = [],
  ) => {
    const copy = await here.copiedTo(join(here.directory, name));
    stages.push({ name, site: copy, args, then });
  };

  await stage('sync', ['reconcile', '--sync']);
  await here.ask(['reconcile', '--sync'], [0, 1]);
  here.wait(week + 60);
  await here.ask(['reconcile'], [0, 1]);
  await merge(here, 'promotion/production/EXSA-2026-0001');
  await stage('point', ['reconcile']);
  await here.ask(['reconcile'], [0, 1]);
  await stage('pin', ['rollback', 'production', '--to', '1'], [['reconcile']]);
  await here.git('revert', '--no-edit', '-m', '1', 'HEAD');
  await stage('revert', ['reconcile']);
  await here.ask(['reconcile'], [0, 1]);
  for (const { number } of (await proposalsOf(here)).filter((p) => p.state === 'open')) {
    await here.ask(['pr', 'close', String(number)]);
  }
  here.wait(60 * 86_400);
  await here.ask(['reconcile'], [0, 1]);
  await stage('gc', ['gc', '--newest', '1']);
  return { stages, remove: here.remove };
}

interface Listed {
  readonly number: number;
  readonly identity: string;
  readonly state: string;
}

const proposalsOf = async (here: Site) =>
  (await here.ask<{ readonly proposals: readonly Listed[] }>(['pr', 'list'])).proposals;

async function merge(here: Site, identity: string): Promise<void> {
  const found = (await proposalsOf(here)).find((each) => each.identity === identity);
  await here.ask(['pr', 'merge', String(found?.number ?? identity)]);
}

export async function restOf(here: Site): Promise<Rest> {
  const journal = await openJournal(disk, join(here.state, 'journal'), { now: () => 0 });
  const perChannel = async <T>(ask: (channel: string) => T | Promise<T>) =>
    Object.fromEntries(await Promise.all(channels.map(async (c) => [c, await ask(c)] as const)));
  const lines = (text: string) => text.split('\n').filter(Boolean);
  return {
    contents: await perChannel((channel) => recordsOf(journal, channel).map((r) => r.content)),
    metadata: await perChannel(async (channel) =>
      Object.keys(await contentMetadata(here.state, `${channel}/x86_64`)),
    ),
    commits: Number(await here.git('rev-list', '--count', 'HEAD')),
    policyFiles: lines(await here.git('ls-tree', '-r', '--name-only', 'HEAD')),
    branches: lines(await here.git('for-each-ref', '--format=%(refname)', 'refs/heads')),
    held: await Promise.all(
      heldFolders.map(async (folder) => {
        const names = await readdir(join(here.state, folder), { recursive: true });
        return names.toSorted();
      }),
    ),
    staging: (await readdir(join(here.state, 'staging'))).filter((name) => name !== 'git-home'),
  };
}

/** Goes a client's way through every channel; throws at anything absent or different. One text per channel. */
export async function clientsSee(here: Site): Promise<readonly string[]> {
  const views = channels.map((c) => clientView(disk, join(here.state, 'public', c, 'x86_64')));
  return (await Promise.all(views)).map((view, i) => `${channels[i]} ${view?.packages.join(' ')}`);
}

/** Whole journal as text; a torn last line is left out. */
export async function journalOf(here: Site): Promise<string> {
  const directory = join(here.state, 'journal');
  const names = (await readdir(directory)).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')));
  const text = texts.join('');
  return text.slice(0, text.lastIndexOf('\n') + 1);
}
