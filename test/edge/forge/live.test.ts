import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { chooseForge, type ForgeSettings } from '../../../src/edge/forge/choose-forge.ts';
import { policyGit } from '../../../src/edge/git/index.ts';
import { controller } from '../../support/policy-repository.ts';
import { question } from './conformance.ts';

/** Settings of a scratch repository on a live forge, from the environment. */
function settings(kind: 'github' | 'gitea'): ForgeSettings | undefined {
  const name = `SLUICE_TEST_${kind.toUpperCase()}`;
  const repository = process.env[`${name}_REPOSITORY`];
  const tokenFile = process.env[`${name}_TOKEN_FILE`];
  const url = process.env[`${name}_URL`];
  if (repository === undefined || tokenFile === undefined) return undefined;
  return { kind, repository, tokenFile, url };
}

for (const kind of ['github', 'gitea'] as const) {
  const live = settings(kind);
  const title = `a live ${kind} opens, updates, tells and closes a proposal`;
  it.skipIf(live === undefined)(
    live ? title : `${title}: not run, no repository given`,
    async () => {
      if (live === undefined) return;
      const state = mkdtempSync(join(tmpdir(), 'sluice-live-'));
      const clock = { now: () => Math.floor(Date.now() / 1000) };
      const host = live.url ?? 'https://github.com';
      const plain = { url: `${host}/${live.repository}.git`, branch: 'main', state, clock };
      const identity = `errata/testing/live-${clock.now()}`;
      try {
        const { forge, git } = chooseForge(live, { ...plain, identity: controller }, 'test');
        const base = await policyGit(git).fetch();
        const put = (text: string) =>
          forge.put({
            ...question({ identity, title: `Sluice tries this forge: ${identity}` }),
            ...{ body: `${text}\n`, base },
            changes: [{ path: `promotions/testing/${clock.now()}.yaml`, text }],
          });
        const { number, outcome } = await put('first');
        expect(outcome).toBe('opened');
        expect(await put('second')).toEqual({ number, outcome: 'updated' });
        const found = (await forge.list()).find((p) => p.number === number);
        expect(found).toMatchObject({ identity, state: 'open', edited: false });
        const head = found?.head ?? expect.fail('it has no head');
        await forge.setStatuses(number, head, [{ name: 'soak', state: 'success', text: 'a try' }]);
        expect(await forge.comments()).toEqual([]);
        await forge.close(number, 'controller', 'withdrawn');
        const closed = (await forge.list()).find((p) => p.number === number);
        expect(closed).toMatchObject({ state: 'closed', closedBy: 'controller' });
      } finally {
        rmSync(state, { recursive: true, force: true });
      }
    },
  );
}
