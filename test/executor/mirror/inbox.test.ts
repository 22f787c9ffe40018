import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nevraText } from '../../../src/model/index.ts';
import {
  isWhole,
  type MirrorWorld,
  mirrorWorld,
  type SyncRecipe,
} from '../../support/mirror-world.ts';

let world: MirrorWorld;
let own: string;
let unsigned: string;
let foreign: string;
let inbox: string;
beforeAll(() => {
  world = mirrorWorld();
  const source = (name: string) => [{ name, arch: 'src' as const }];
  [own = ''] = world.packages(source('own'));
  [unsigned = ''] = world.packages(source('unsigned'), 'unsigned');
  [foreign = ''] = world.packages(source('foreign'), world.gpg.makeKey('stranger'));
});
afterAll(() => world.dispose());
beforeEach(() => {
  inbox = join(world.root, 'inbox');
  rmSync(inbox, { recursive: true, force: true });
  mkdirSync(inbox);
  world.events.length = 0;
});

const put = (file: string, name = basename(file)) => copyFileSync(file, join(inbox, name));

const sync = (more: Partial<SyncRecipe> = {}) =>
  world.sync({
    url: `${inbox}/`,
    upstream: {
      ...{ layout: 'inbox', tree: 'source' },
      require: { metadataSignature: false, packageSignatures: true },
      ...more.upstream,
    },
    ...(more.after ? { after: more.after } : {}),
  });

const names = (snapshot: Awaited<ReturnType<typeof sync>>['snapshot']) =>
  snapshot.packages.map(nevraText);

describe('a directory of source packages that people fill', () => {
  it('is a snapshot of the packages that its keys signed; the others are refused by name', async () => {
    for (const file of [own, unsigned, foreign]) put(file);
    const mirrored = await sync();
    expect(names(mirrored.snapshot)).toEqual(['own-1-1.src']);
    expect(
      mirrored.taken.refused.map((r) => `${nevraText(r.nevra)} ${r.fault.code}`).toSorted(),
    ).toEqual(['foreign-1-1.src KeyNotPinned', 'unsigned-1-1.src PackageUnsigned']);
    await isWhole(world.store, mirrored);
  });

  it('trusts whoever can write there, where the policy says so', async () => {
    put(unsigned);
    const require = { metadataSignature: false, packageSignatures: false };
    const { snapshot } = await sync({ upstream: { layout: 'inbox', tree: 'source', require } });
    expect(names(snapshot)).toEqual(['unsigned-1-1.src']);
  });

  it('is the same snapshot while nothing changes, and another one when a file comes or goes', async () => {
    put(own);
    const first = await sync();
    expect(await sync({ after: first })).toMatchObject({ unchanged: true });
    put(own, 'copy.src.rpm');
    expect((await sync({ after: first })).snapshot.id).toBe(first.snapshot.id);
    rmSync(join(inbox, basename(own)));
    rmSync(join(inbox, 'copy.src.rpm'));
    expect(names((await sync({ after: first })).snapshot)).toEqual([]);
  });

  it('passes over what is no whole package and what leads out of it, and says so', async () => {
    put(own);
    const bytes = readFileSync(own);
    writeFileSync(join(inbox, 'half.src.rpm'), bytes.subarray(0, bytes.length - 100));
    writeFileSync(join(inbox, 'empty.src.rpm'), '');
    symlinkSync(own, join(inbox, 'elsewhere.src.rpm'));
    writeFileSync(join(inbox, 'README'), 'not a package');
    const { snapshot } = await sync();
    expect(names(snapshot)).toEqual(['own-1-1.src']);
    const told = world.events.flatMap((e) => (e.kind === 'warning' ? [e.text] : []));
    expect(told.toSorted()).toEqual([
      'vendor: passing over elsewhere.src.rpm',
      'vendor: passing over empty.src.rpm',
      'vendor: passing over half.src.rpm',
    ]);
  });
});
