import { cpSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isWhole, type MirrorWorld, mirrorWorld } from '../../support/mirror-world.ts';
import { testdata, withTestdata } from '../../support/testdata.ts';

withTestdata('a repository that a real vendor signed: zstd metadata, zstd payloads, V4 RSA', () => {
  let world: MirrorWorld;
  beforeAll(() => {
    world = mirrorWorld();
  });
  afterAll(() => world.dispose());
  const url = () => `${testdata('xlibre-opensuse/x86_64')}/`;
  const keys = () => [
    {
      path: 'keys/xlibre.asc',
      text: readFileSync(testdata('xlibre-opensuse/outtathebox5319-rpm-signing-key.asc'), 'utf8'),
    },
  ];

  it('is mirrored whole, and a second sync reads repomd.xml only', async () => {
    const first = await world.sync({ url: url(), keys: keys() });
    expect(first.snapshot.packages).toHaveLength(13);
    expect(first.taken.refused).toEqual([]);
    expect(first.taken.signedBy).toMatch(/^[0-9A-F]{40}$/);
    expect(first.taken.floor).toEqual({ revision: 1769845981, timestamp: 1769845981 });
    await isWhole(world.store, first);
    world.read.length = 0;
    expect((await world.sync({ url: url(), keys: keys(), after: first })).unchanged).toBe(true);
    expect(world.read).toHaveLength(1);
  });

  it('[A14] is refused under the keys of another vendor', async () => {
    const fault = await world.refused({ url: url() });
    expect(fault.code).toBe('KeyNotPinned');
    expect(fault.found).toMatch(/[0-9A-F]{16}/);
  });

  it('[A06] its stale metadata, whose packages are gone, gives no snapshot', async () => {
    const stale = `${testdata('xlibre-opensuse')}/`;
    const fault = await world.refused({ url: stale, keys: keys() });
    expect(fault.code).toBe('UpstreamFileMissing');
  });

  it('[A03] its older generation is a rollback', async () => {
    const first = await world.sync({ url: url(), keys: keys() });
    const older = join(world.root, 'older');
    cpSync(testdata('xlibre-opensuse-generations/ea2d3a9/x86_64'), older, { recursive: true });
    const fault = await world.refused({ url: `${older}/`, keys: keys(), after: first });
    expect(fault.code).toBe('UpstreamRollback');
  });

  it('[D17] a folder of packages that is a link out of the upstream is refused', async () => {
    const linked = join(world.root, 'linked');
    cpSync(testdata('xlibre-opensuse/x86_64/repodata'), join(linked, 'repodata'), {
      recursive: true,
    });
    rmSync(world.state, { recursive: true });
    const name = 'x11-xlibre-25.1.1-1.1.x86_64.rpm';
    symlinkSync(testdata(`xlibre-opensuse/x86_64/${name}`), join(linked, name));
    await expect(world.sync({ url: `${linked}/`, keys: keys() })).rejects.toMatchObject({
      code: expect.stringMatching(/TransferRefused|UpstreamFileMissing/),
    });
  });
});
