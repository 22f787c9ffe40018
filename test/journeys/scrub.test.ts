import { readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildVendor } from '../../src/cli/demo/vendor.ts';
import { type Site, site } from '../support/site.ts';

const cases = { edited: '[K20]', rotten: '[K21]' };
let here: Site;

beforeAll(async () => {
  here = await site();
  const vendor = await buildVendor(join(here.directory, 'vendor'), 1);
  const upstream = ['--upstream', `vendor=${vendor.url}`, '--key', vendor.keyFile];
  await here.ask(['init', here.policy, ...upstream]);
  await here.ask(['reconcile'], [0, 1]);
  expect(await here.sluice('verify')).toMatchObject({ code: 0 });
});
afterAll(() => here.remove());

const repodata = () => realpathSync(join(here.state, 'public/testing/x86_64/repodata'));

test(`${cases.edited} what somebody edits, deletes or adds in a served tree is named, and never signed over`, async () => {
  const repomd = join(repodata(), 'repomd.xml');
  const [text, signature] = [readFileSync(repomd), readFileSync(`${repomd}.asc`)];
  const primary = readdirSync(repodata()).find((name) => name.endsWith('primary.xml.gz')) ?? '';
  const bytes = readFileSync(join(repodata(), primary));
  const troubles: readonly (readonly [string, () => void, () => void])[] = [
    [
      'repomd.xml: other bytes than were published',
      () => writeFileSync(repomd, `${text}<!-- mine -->\n`),
      () => writeFileSync(repomd, text),
    ],
    [
      `${primary}: other bytes than were published`,
      () => rmSync(join(repodata(), primary)),
      () => writeFileSync(join(repodata(), primary), bytes),
    ],
    [
      'extra.xml: was not published',
      () => writeFileSync(join(repodata(), 'extra.xml'), 'mine\n'),
      () => rmSync(join(repodata(), 'extra.xml')),
    ],
  ];
  for (const [said, spoil, mend] of troubles) {
    spoil();
    await here.sluice('reconcile');
    const found = await here.sluice('verify');
    expect(found.code).toBe(4);
    expect(found.stdout).toContain(said);
    expect(readFileSync(`${repomd}.asc`)).toEqual(signature);
    mend();
  }
  expect(await here.sluice('verify')).toMatchObject({ code: 0 });
});

test(`${cases.rotten} a flipped bit in a package is found with its file; moved away, it is fetched again`, async () => {
  const pool = join(here.state, 'packages/sha256');
  const names = readdirSync(pool, { recursive: true, encoding: 'utf8' });
  const path = join(pool, names.find((name) => /hello-1\.0.*\.rpm$/.test(name)) ?? '');
  const good = readFileSync(path);
  const bad = Buffer.from(good);
  const at = bad.length - 100;
  bad.writeUInt8(bad.readUInt8(at) ^ 1, at);
  writeFileSync(path, bad);
  const found = await here.sluice('verify');
  expect(found.code).toBe(4);
  expect(found.stdout).toContain('hello-1.0');
  expect(found.stdout).toContain(
    `at ${path}. Move that file away and run \`sluice reconcile --sync\``,
  );
  rmSync(path);
  await here.sluice('reconcile', '--sync');
  expect(readFileSync(path)).toEqual(good);
  expect(await here.sluice('verify')).toMatchObject({ code: 0 });
});
