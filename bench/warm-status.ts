import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey } from 'openpgp';
import { type Installation, installation, readPolicyAt, status } from '../src/controller/index.ts';
import { realDisk } from '../src/edge/index.ts';
import type { Plan } from '../src/model/index.ts';
import { declared } from '../src/observer/index.ts';
import type { World } from '../src/planner/index.ts';
import type { PolicyGit, Ports } from '../src/ports.ts';
import { openJournal, type Store, snapshotReader, writeSnapshot } from '../src/store/index.ts';
import { resting } from './warm-plan.ts';
import { timed, type WarmRow } from './warm-timing.ts';
import { policyFiles } from './wide-policy.ts';
import { type WideSite, wideWorld } from './wide-world.ts';

type Resting = ReturnType<typeof resting>;

/** `sluice status` of a whole site as the running controller answers it: policy, store, journal and plan. */
export async function statusRows(site: WideSite, runs: number): Promise<readonly WarmRow[]> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-status-'));
  try {
    const c = await installed(root, resting(wideWorld(site)));
    const channels = site.upstreams * site.stages;
    const about = `${channels} channels × ${site.packages} packages × ${site.updates} updates`;
    const act = async () => expectCalm(await status(c));
    return [
      await timed(`status of ${about}, the first time`, 1, { prepare: () => undefined, act }),
      await timed(`status of ${about}`, runs, { prepare: () => undefined, act }),
    ];
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

function expectCalm({ channels, pending, findings }: Awaited<ReturnType<typeof status>>): void {
  if (findings.length > 0) throw new Error(findings[0]);
  const empty = channels.find((c) => c.packages === 0);
  if (empty || pending > 0) throw new Error(`${pending} steps are pending, or a channel is empty`);
}

/** A state directory and a policy repository that say what the world says; package bytes are not looked at. */
async function installed(root: string, { world, plan }: Resting): Promise<Installation> {
  const { desired, actual } = world;
  const store = { disk: realDisk(), root };
  const clock = { now: () => world.now };
  const contents = [...actual.channels.values()].map((state) => state.content);
  for (const snapshot of [...actual.snapshots.values(), ...contents]) {
    await writeSnapshot(store, snapshot);
  }
  const journal = await openJournal(store.disk, join(root, 'journal'), clock);
  const c = installation({
    ports: await portsOf(world, store.disk),
    ...{ store, snapshots: snapshotReader(store), journal },
  });
  await c.note('accepted', { head: desired.commit });
  await c.note('desired', { commit: desired.commit });
  const read = (await readPolicyAt(c.ports, desired.commit)).desired;
  for (const { name, latest } of actual.upstreams.values()) {
    if (!read || !latest)
      throw new Error(`the policy of the bench does not read, or ${name} is new`);
    const facts = { taken: latest, unchanged: false, declared: declared(read, name) };
    await c.note('mirrored', facts);
  }
  for (const { generation } of actual.channels.values()) {
    await c.note('committed', { record: generation });
  }
  for (const [id, fact] of actual.facts) c.facts.set(id, fact);
  await serveTrials(store, world, plan);
  return c;
}

async function serveTrials({ disk, root }: Store, world: World, plan: Plan): Promise<void> {
  await disk.makeDirectory(join(root, 'public/proposals'));
  for (const { number, identity } of world.actual.proposals) {
    const step = plan.steps.find((s) => s.kind === 'propose' && s.request.identity === identity);
    const key = step?.kind === 'propose' ? step.trialKey : '';
    await disk.symlink(`../../trials/${number}-${key}`, join(root, `public/proposals/${number}`));
  }
}

async function portsOf({ desired, actual, now }: World, disk: Ports['disk']): Promise<Ports> {
  const user = { name: 'bench', email: 'bench@example.org' };
  const { publicKey: armored } = await generateKey({ type: 'rsa', rsaBits: 2048, userIDs: [user] });
  const texts = new Map(policyFiles(desired));
  const policyGit: Partial<PolicyGit> = {
    files: async () =>
      [...texts].map(([path, text]) => ({ path, mode: '100644', sizeBytes: text.length })),
    readText: async (_, path) => texts.get(path),
    commit: async (id) => ({
      ...{ id, parents: [], author: 'bench', authorEmail: '', committerEmail: '' },
      ...{ time: desired.committedAt, subject: 'everything' },
    }),
  };
  const ports: Partial<Ports> = {
    disk,
    // Status asks nothing else of the policy repository when its commit was settled before.
    policyGit: policyGit as PolicyGit,
    forge: { list: async () => actual.proposals } as unknown as Ports['forge'],
    signer: {
      keys: async () => actual.signingKeys,
      publicKey: async () => armored,
    } as unknown as Ports['signer'],
    clock: { now: () => now },
  };
  return ports as Ports;
}
