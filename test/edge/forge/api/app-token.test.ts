import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { chooseForge, type ForgeSettings } from '../../../../src/edge/forge/choose-forge.ts';
import type { Forge } from '../../../../src/ports.ts';
import { forgeWorld, type LoopbackWorld, repository } from '../../../support/forge-world.ts';
import { github } from '../../../support/loopback-forge/github.ts';
import { LoopbackApp } from '../../../support/loopback-forge/loopback-app.ts';
import { controller } from '../../../support/policy-repository.ts';
import { question } from '../conformance.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const ids = { appId: 1234, installationId: 77 };

let world: LoopbackWorld;
let app: LoopbackApp;
let folder: string;
let forge: Forge;
/** Added to the real time, of the forge and of the controller alike; it never goes back, as queues remember it. */
let ahead = 0;

beforeEach(async () => {
  const real = Date.now;
  vi.spyOn(Date, 'now').mockImplementation(() => real() + ahead * 1000);
  folder = mkdtempSync(join(tmpdir(), 'sluice-app-'));
  const now = () => Math.floor(real() / 1000) + ahead;
  app = new LoopbackApp({ ...ids, publicKey, login: 'sluice[bot]', now });
  world = await forgeWorld(github, () => ({}) as Forge, app);
  forge = forgeWith(privateKey);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await world.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** As an installation has it in controller.yaml. */
function forgeWith(key: string, change: Partial<typeof ids> = {}): Forge {
  const privateKeyFile = join(folder, 'app.pem');
  writeFileSync(privateKeyFile, key, { mode: 0o600 });
  const settings: ForgeSettings = {
    ...{ kind: 'github' as const, url: world.server.origin, repository },
    app: { ...ids, ...change, privateKeyFile },
  };
  const plain = {
    ...{ url: world.server.cloneUrl, branch: 'main', state: join(folder, 'state') },
    ...{ identity: controller, clock: world.clock, path: process.env.PATH ?? '' },
  };
  return chooseForge(settings, plain, 'test').forge;
}

const put = (text = 'a\n') =>
  forge.put({
    ...question(),
    ...{ body: 'the body\n', base: world.tip('main'), changes: [{ path: 'x.yaml', text }] },
  });

test('an App signs a claim, gets a token for its installation and works with it', async () => {
  expect(await put()).toEqual({ number: 1, outcome: 'opened' });
  expect(world.server.store.pulls[0]?.author).toBe('sluice[bot]');
  await forge.list();
  expect(app.tokens).toHaveLength(1);
  const { id } = world.server.store.comment(1, 'alice', '/sluice explain');
  const [comment] = await forge.comments();
  await forge.answer({ id: String(id), number: 1 }, 'so it stands');
  await forge.answer(comment ?? expect.fail(), 'so it stands');
  expect((await forge.comments()).map((c) => [c.person, c.answer])).toEqual([
    ['alice', 'so it stands'],
  ]);
  expect(world.server.store.comments).toHaveLength(2);
  expect(world.server.breaches).toEqual([]);
});

test('a token that ends is made anew in time, and one that was taken away at once', async () => {
  await put();
  ahead += 50 * 60;
  await forge.list();
  expect(app.tokens).toHaveLength(1);
  ahead += 11 * 60;
  expect(await put('b\n')).toEqual({ number: 1, outcome: 'updated' });
  expect(app.tokens).toHaveLength(2);
  for (const token of app.tokens) token.ends = 0;
  expect(await forge.list()).toHaveLength(1);
  expect(app.tokens).toHaveLength(3);
  await put('c\n');
  expect(world.server.requests.filter((r) => r === 'pulls/create')).toHaveLength(1);
});

test('a key, an App or an installation that the forge does not know is refused, and nothing tells the key', async () => {
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const wrong = String(other.export({ type: 'pkcs8', format: 'pem' }));
  for (const [key, change] of [
    [wrong, {}],
    [privateKey, { appId: 4321 }],
    [privateKey, { installationId: 78 }],
  ] as const) {
    const fault = await forgeWith(key, change)
      .list()
      .catch((error: unknown) => error);
    expect(fault).toMatchObject({
      code: 'ForgeRefused',
      fix: expect.stringContaining('forge.app'),
    });
    expect(JSON.stringify(fault)).not.toContain(key.slice(60, 100));
  }
  const none = forgeWith('not a key\n').list();
  await expect(none).rejects.toMatchObject({ code: 'ConfigInvalid' });
});

test('[F16] while the forge gives no token the fault says to wait, and it goes on by itself', async () => {
  const operation = 'apps/create-installation-access-token';
  world.server.troubles.push({ operation, status: 503 });
  await expect(forge.list()).rejects.toMatchObject({ code: 'ForgeUnavailable' });
  world.server.troubles.length = 0;
  expect(await forge.list()).toEqual([]);
  await world.server.stop();
  ahead += 61 * 60;
  await expect(forge.list()).rejects.toMatchObject({ code: 'ForgeUnavailable' });
});
