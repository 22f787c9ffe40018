import { basename, join } from 'node:path';
import {
  contentAtHand,
  repoFileText,
  repositorySigning,
  writeRepository,
} from '../executor/index.ts';
import { canonicalDigest, type Desired, type StepOf } from '../model/index.ts';
import { currentGeneration } from '../observer/index.ts';
import {
  generationDirectory,
  linkPrivately,
  pointAtDirectory,
  publicPath,
  reachedPackages,
} from '../store/index.ts';
import {
  alikeRepositories,
  channelNamed,
  servedContent,
  upstreamKeys,
} from './channel-publication.ts';
import type { Installation } from './installation.ts';

/**
 * Serves what a proposal would make of its channel at `/proposals/<n>/`, so that it can be tried before it is merged.
 * Written once per content; the proposal's name is switched to it.
 */
export async function publishTrial(
  c: Installation,
  desired: Desired,
  step: StepOf<'propose'>,
): Promise<void> {
  const { request, trial, trialKey } = step;
  const proposals = await c.ports.forge.list();
  const proposal = proposals.find((p) => p.identity === request.identity && p.state === 'open');
  const channel = channelNamed(desired, request.channel);
  const held = await c.ports.signer.keys();
  const key = held.find((k) => k === channel.sign.metadata) ?? held[0];
  if (!proposal || !key) return;
  const name = `${proposal.number}-${trialKey}`;
  const directory = join(c.store.root, 'trials', name);
  const revision = desired.committedAt;
  if ((await c.store.disk.stat(directory)) === undefined) {
    const occasion = { kind: 'trial', key, revision, channel: channel.name } as const;
    const signs = c.ports.signer.signsTrials !== false;
    const signing = signs ? await repositorySigning(c.ports, occasion) : undefined;
    const keys = [
      { name: 'RPM-GPG-KEY-site', armored: await c.ports.signer.publicKey(key) },
      ...upstreamKeys(desired, channel),
    ];
    const staging = join(c.store.root, 'staging', `trial-${name}`);
    const current = currentGeneration(c.memory(), channel.name);
    const served = await servedContent(c, channel.name);
    await c.store.disk.remove(staging);
    if (channel.private) {
      const packages = [...trial.trees.values()].flatMap((tree) => tree.packages);
      await linkPrivately(c.store, channel.name, packages);
    }
    await writeRepository(c.store, {
      directory: staging,
      home: directory,
      content: contentAtHand(trial),
      packages: reachedPackages(c.store.root, channel),
      record: canonicalDigest({ identity: request.identity, trial: trial.id }),
      revision,
      compression: channel.compression,
      ...(signing ? { signing } : {}),
      earlier: current ? [generationDirectory(c.store.root, channel.name, current.number)] : [],
      alike: await alikeRepositories(c, { channel: channel.name, content: trial.id }),
      near: [...(served?.trees.values() ?? [])].map((tree) => tree.packages),
      beside: [
        {
          name: `${channel.name}.repo`,
          text: repoFileText({
            channel: `proposal-${proposal.number}`,
            baseUrl: `${desired.site.url}/proposals/${proposal.number}/`,
            trees: [...trial.trees.keys()],
            keys,
            signed: signs,
            packagesSigned: channel.sign.packages === 'keep',
          }),
        },
        ...keys.map((k) => ({ name: k.name, text: k.armored })),
      ],
    });
    await c.store.disk.rename(staging, directory);
  }
  await pointAtDirectory(c.store, `proposals/${proposal.number}`, directory);
  await removeTrials(c, String(proposal.number), name);
}

/** Which trial is served for which proposal, by its number. */
export async function servedTrials(c: Installation): Promise<ReadonlyMap<number, string>> {
  const served = new Map<number, string>();
  for (const name of await c.store.disk.list(publicPath(c.store.root, 'proposals'))) {
    const target = await c.store.disk.readLink(publicPath(c.store.root, `proposals/${name}`));
    const key = target === undefined ? undefined : basename(target).slice(name.length + 1);
    if (key !== undefined) served.set(Number(name), key);
  }
  return served;
}

/** Proposals that are no longer open are no longer served; their files go with them. */
export async function retireTrials(c: Installation): Promise<void> {
  const names = await c.store.disk.list(publicPath(c.store.root, 'proposals'));
  if (names.length === 0) return;
  const open = (await c.ports.forge.list()).filter((p) => p.state === 'open');
  const kept = new Set(open.map((p) => String(p.number)));
  for (const name of names.filter((n) => !kept.has(n))) await removeTrial(c, name);
}

async function removeTrial(c: Installation, number: string): Promise<void> {
  await c.store.disk.remove(publicPath(c.store.root, `proposals/${number}`));
  await removeTrials(c, number);
}

async function removeTrials(c: Installation, number: string, except?: string): Promise<void> {
  const trials = join(c.store.root, 'trials');
  for (const name of await c.store.disk.list(trials)) {
    if (!name.startsWith(`${number}-`) || name === except) continue;
    await c.store.disk.remove(join(trials, name));
  }
}
