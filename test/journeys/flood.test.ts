import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeGpg } from '../support/gpg.ts';
import { type Site, site } from '../support/site.ts';
import { buildPackages, makeUpstream, updateinfoText } from '../support/upstream.ts';

const gpg = makeGpg();
let here: Site;
const names = Array.from({ length: 12 }, (_, n) => `pkg${String(n).padStart(2, '0')}`);
const severities = ['Low', 'Moderate', 'Important', 'Critical'] as const;
const count = 500;

beforeAll(async () => {
  here = await site();
  const key = gpg.makeKey('vendor');
  const work = join(here.directory, 'packages');
  const built = (version: string, which: readonly string[]) =>
    buildPackages(
      work,
      which.map((name) => ({ name, version })),
    );
  const before = built('1', names);
  const after = built('2', names);
  key.signPackages([...before, ...after]);
  const directory = join(here.directory, 'vendor');
  makeUpstream({ directory, packages: before, key, revision: 1_760_000_000 });
  const keyFile = join(here.directory, 'vendor.asc');
  await writeFile(keyFile, key.publicKey);
  const upstream = ['--upstream', `vendor=${directory}`, '--key', keyFile];
  expect(await here.sluice('init', here.policy, ...upstream)).toMatchObject({ code: 0 });
  await here.ask(['reconcile'], [0, 1, 3]);
  await here.ask(['pr', 'merge', '1']);
  const policy = join(here.policy, 'policies/default.yaml');
  await writeFile(
    policy,
    (await readFile(policy, 'utf8')).replace('testing: auto', 'testing: ask'),
  );
  await here.git('commit', '--quiet', '--all', '--message', 'Ask for everything');
  // Ten packages have fifty advisories each, of all severities; two have none.
  const told = Array.from({ length: count }, (_, n) => ({
    id: `EX-${String(n).padStart(3, '0')}`,
    packages: [`${names[n % 10]}-2-1.noarch`],
  }));
  const updateinfo = updateinfoText(told).replace(
    /<id>EX-(\d+)<\/id>([\s\S]*?)<severity>Important</g,
    (_, n, rest) => `<id>EX-${n}</id>${rest}<severity>${severities[Number(n) % 4]}<`,
  );
  makeUpstream({
    directory,
    packages: [...before, ...after],
    key,
    updateinfo,
    revision: 1_760_100_000,
  });
});
afterAll(async () => {
  gpg.dispose();
  await here.remove();
});

interface Proposals {
  readonly proposals: readonly { readonly identity: string; readonly title: string }[];
}
const open = async () => (await here.ask<Proposals>(['pr', 'list'])).proposals;

test('500 advisories at once open twenty questions, the most severe first, and tell how many wait', async () => {
  const report = await here.ask<{ holds: { code: string; text: string }[] }>(
    ['reconcile', '--sync'],
    [0, 1, 3],
  );
  const asked = (await open()).filter((p) => p.identity.includes('/testing/'));
  expect(asked).toHaveLength(20);
  expect(asked.every((p) => p.title.includes('Critical'))).toBe(true);
  const waiting = report.holds.find((h) => h.code === 'ProposalLimit');
  // 480 of the advisories, and what has none as one more.
  expect(waiting?.text).toMatch(/^481 proposals to testing not opened yet/);
});

test('an answer makes place for the next most severe one; what is open stays', async () => {
  const before = await open();
  const list = await here.ask<{ proposals: { number: number }[] }>(['pr', 'list']);
  await here.ask(['pr', 'close', String(list.proposals[0]?.number)]);
  await here.ask(['reconcile'], [0, 1, 3]);
  const after = await open();
  expect(after).toHaveLength(before.length);
  const fresh = after.filter((p) => !before.some((b) => b.identity === p.identity));
  expect(fresh.map((p) => p.title.includes('Critical'))).toEqual([true]);
});
