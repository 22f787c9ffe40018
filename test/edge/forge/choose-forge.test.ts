import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { chooseForge, type ForgeSettings } from '../../../src/edge/forge/choose-forge.ts';
import { policyGit } from '../../../src/edge/git/index.ts';
import { faultOf } from '../../support/fault-of.ts';
import { botToken, forgeWorld, repository } from '../../support/forge-world.ts';
import { github } from '../../support/loopback-forge/github.ts';
import { controller } from '../../support/policy-repository.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-choose-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const plain = (url: string) => ({
  ...{ url, branch: 'main', state: join(root, 'state'), identity: controller },
  ...{ clock: { now: () => 1_790_000_000 }, path: process.env.PATH ?? '' },
});

test('settings that lack something, or would send a token in clear text, are refused', async () => {
  const good = { kind: 'gitea', repository, tokenFile: join(root, 'token') } as const;
  const bad: readonly ForgeSettings[] = [
    good,
    { ...good, url: 'http://git.example.org' },
    { ...good, url: 'git.example.org' },
    { ...good, url: 'https://git.example.org', repository: undefined },
    { kind: 'gitea', repository, url: 'https://git.example.org' },
    { kind: 'github' },
  ];
  for (const settings of bad) {
    const choose = async () => chooseForge(settings, plain('https://git.example.org/a/b.git'), '1');
    expect(await faultOf(choose)).toMatchObject({ code: 'ConfigInvalid' });
  }
});

test('the token is read from its file each time, for the interface and for git alike', async () => {
  const world = await forgeWorld(
    github,
    () => chooseForge({ kind: 'local' }, plain(root), '1').forge,
  );
  try {
    const tokenFile = join(root, 'token');
    const settings = { kind: 'github', url: world.server.origin, repository, tokenFile } as const;
    const { forge, git } = chooseForge(settings, plain(world.server.cloneUrl), '1');
    const policy = policyGit(git);
    expect(await faultOf(() => forge.list())).toMatchObject({ code: 'ConfigInvalid' });
    writeFileSync(tokenFile, 'an-old-token-of-nobody\n');
    expect(await faultOf(() => forge.list())).toMatchObject({ code: 'ForgeRefused' });
    const refused = await faultOf(() => policy.fetch());
    expect(refused).toMatchObject({ code: 'PolicyUnavailable' });
    expect(String(refused)).not.toContain('an-old-token');
    writeFileSync(tokenFile, `${botToken}\n`);
    expect(await forge.list()).toEqual([]);
    expect(await policy.fetch()).toBe(world.tip('main'));
  } finally {
    await world.remove();
  }
});
