import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { allowanceFor, type BuildJob } from '../../executor/index.ts';
import { type BuildInputs, type Desired, Fault, type StepOf } from '../../model/index.ts';
import type { BuildOrder, BuildRepository } from '../../ports.ts';
import { generationDirectory } from '../../store/index.ts';
import type { Installation } from '../installation.ts';

/** A build that a plan asked for, and the policy that it was planned from. */
export interface PlannedBuild {
  readonly step: StepOf<'build'>;
  readonly desired: Desired;
}

/** Gathers all that a build may read: its patches as the policy commit has them, and repositories of exact content. */
export async function prepareBuild(
  c: Installation,
  { step, desired }: PlannedBuild,
  limits: BuildOrder['limits'],
): Promise<BuildJob> {
  const { inputs, key, attempt } = step;
  const latest = [...c.memory().upstreams.values()].flatMap((u) => u.latest?.snapshot ?? []);
  const snapshots = await Promise.all([...new Set(latest)].map((id) => c.snapshots.read(id)));
  const { upstream, sha256 } = inputs.source;
  const origin = c.memory().upstreams.get(upstream)?.origins?.get(sha256);
  const offers = snapshots.filter((s) => s?.kind === 'upstream');
  return {
    inputs,
    key,
    attempt,
    commit: desired.commit,
    patches: await patchTexts(c, { step, desired }),
    repositories: await repositoriesOf(c, desired, inputs),
    limits,
    allowance: await allowanceFor(c.store, inputs.source, offers),
    ...(origin === undefined ? {} : { origin }),
  };
}

async function patchTexts(
  c: Installation,
  { step, desired }: PlannedBuild,
): Promise<BuildOrder['patches']> {
  const patches: BuildOrder['patches'][number][] = [];
  for (const { path, sha256 } of step.inputs.recipe.patches) {
    const text = (await c.ports.policyGit.readText(desired.commit, path)) ?? '';
    if (createHash('sha256').update(text).digest('hex') !== sha256) {
      throw new Fault('PlanStale', {
        object: path,
        check: 'the patch is the one that was planned with',
        expected: `sha256 ${sha256}`,
        found: `other content in policy commit ${desired.commit}`,
        fix: 'Nothing; the next pass plans with the new content.',
      });
    }
    patches.push({ name: path.slice(path.lastIndexOf('/') + 1), text });
  }
  return patches;
}

async function repositoriesOf(
  c: Installation,
  desired: Desired,
  { root, arch }: BuildInputs,
): Promise<readonly BuildRepository[]> {
  if (root.kind === 'host') return [];
  const repositories: BuildRepository[] = [];
  for (const { name, content } of root.channels) {
    const records = c.memory().generations.get(name) ?? [];
    const record = records.findLast((r) => r.content === content);
    const directory = record && generationDirectory(c.store.root, name, record.number);
    if (!record || !directory || (await c.store.disk.stat(directory)) === undefined) {
      throw notHeld(name, content);
    }
    const keys = await Promise.all(record.keys.map((k) => c.ports.signer.publicKey(k)));
    const ofUpstreams = (desired.channels.get(name)?.base ?? [])
      .flatMap((b) => desired.upstreams.get(b.upstream)?.keys ?? [])
      .map((path) => desired.keys.get(path) ?? '');
    const tree = join(directory, arch);
    const unsigned = desired.channels.get(name)?.sign.packages === 'unsigned';
    repositories.push({
      ...{ id: name, directory: tree, keys: [...keys, ...new Set(ofUpstreams)] },
      ...(unsigned ? { unsigned } : {}),
    });
  }
  return repositories;
}

function notHeld(channel: string, content: string): Fault {
  return new Fault('SnapshotMissing', {
    object: `channel ${channel}`,
    check: 'the content that a build root is made of is held here',
    found: `no generation with ${content}`,
    fix: 'Nothing, if the channel has moved on: the next pass plans with what it serves now.',
  });
}
