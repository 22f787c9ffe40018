import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { policyGit } from '../../../src/edge/git/index.ts';
import { type PolicyWorld, policyWorld } from '../../support/policy-repository.ts';

let world: PolicyWorld;
let server: Server;
beforeEach(() => {
  world = policyWorld();
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  world.remove();
});

const line = (text: string): string => `${(text.length + 4).toString(16).padStart(4, '0')}${text}`;

/** A pack of no objects that passes its own checksum. */
function emptyPack(): Buffer {
  const head = Buffer.from([0x50, 0x41, 0x43, 0x4b, 0, 0, 0, 2, 0, 0, 0, 0]);
  return Buffer.concat([head, createHash('sha1').update(head).digest()]);
}

/** Git's smart HTTP (gitprotocol-http): says that main is this commit, and then sends nothing of it. */
async function lying(commit: string): Promise<string> {
  server = createServer((req, res) => {
    req.resume();
    if (req.method === 'GET') {
      res.writeHead(200, { 'content-type': 'application/x-git-upload-pack-advertisement' });
      const refs = `${line(`${commit} refs/heads/main\0ofs-delta\n`)}0000`;
      res.end(`${line('# service=git-upload-pack\n')}0000${refs}`);
      return;
    }
    res.writeHead(200, { 'content-type': 'application/x-git-upload-pack-result' });
    res.end(Buffer.concat([Buffer.from(line('NAK\n')), emptyPack()]));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/policy.git`;
}

it('[F09] a commit that is advertised and not sent is refused, and the accepted one stays', async () => {
  const accepted = world.commit('one', { 'sluice.yaml': 'kind: Site\n' });
  const honest = world.port();
  await honest.accept(await honest.fetch());
  const url = await lying('a'.repeat(40));
  const told = policyGit({ ...world.options, url });
  await expect(told.fetch(accepted)).rejects.toMatchObject({
    code: 'PolicyUnavailable',
    found: expect.stringMatching(/did not receive expected object a{40}|bad object a{40}/),
  });
  expect(await told.resolve('a'.repeat(40))).toBeUndefined();
  expect(await told.readText(accepted, 'sluice.yaml')).toBe('kind: Site\n');
  const mirror = join(world.state, 'policy.git');
  execFileSync('git', ['-C', mirror, 'fsck', '--strict'], { stdio: 'pipe' });
  expect(await honest.fetch(accepted)).toBe(accepted);
});
