import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nevraText } from '../../../src/model/index.ts';
import { badServer } from '../../support/bad-server.ts';
import { faultOf } from '../../support/fault-of.ts';
import { type SpecWorld, type SyncRecipe, specWorld, textSpec } from '../../support/spec-world.ts';

let world: SpecWorld;
let start: string;
beforeAll(() => {
  world = specWorld({ seconds: 8, logBytes: 64 * 1024 });
  world.write('text.txt', 'hello\n');
  world.write('greeting.spec', textSpec('greeting'));
  start = world.commit('Greet');
});
afterAll(() => world.dispose());
beforeEach(() => {
  world.git('reset', '--quiet', '--hard', start);
  world.packed.length = 0;
});

/** A commit that is refused, before or after rpmbuild saw anything of it. */
async function refused(recipe: SyncRecipe = {}) {
  world.commit('Hostile');
  return await faultOf(() => world.sync(recipe));
}

describe('a tree that was made to do harm', () => {
  it('[F19] a symbolic link is not followed', async () => {
    symlinkSync('/etc/passwd', join(world.repository, 'secret.txt'));
    const fault = await refused();
    expect(fault.code).toBe('SpecRefused');
    expect(fault.found).toBe('"secret.txt" is a symbolic link');
    expect(world.packed).toEqual([]);
  });

  it('[F19] a submodule is not fetched', async () => {
    const link = `160000,${world.git('rev-parse', 'HEAD')},module`;
    world.git('update-index', '--add', '--cacheinfo', link);
    world.git(...world.signers.withSsh('packager'), 'commit', '--quiet', '-m', 'Module');
    const fault = await faultOf(() => world.sync());
    expect(fault.found).toBe('"module" is a submodule');
  });

  it('[H08] names with line breaks, quotes, blanks or a dash first are no file names', async () => {
    for (const name of ['two\nlines', "it's", '-rf', 'a b', '$(touch x)']) {
      world.git('reset', '--quiet', '--hard', start);
      world.write(name, 'x');
      const fault = await refused();
      expect(fault.code).toBe('SpecRefused');
      expect(fault.found).toBe(`${JSON.stringify(name)} is no plain name`);
    }
    world.git('reset', '--quiet', '--hard', start);
    world.write('a b/other.spec', textSpec('other'));
    expect((await refused()).code).toBe('SpecRefused');
  });

  it('[F19] a pointer of git-lfs is no source', async () => {
    world.write('text.txt', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n');
    expect((await refused()).found).toContain('text.txt is a pointer of git-lfs');
  });

  it('[I10] two specs, or none that is a file, are not packed', async () => {
    world.write('second.spec', textSpec('second'));
    expect((await refused()).found).toBe('"greeting.spec", "second.spec"');
    world.git('rm', '--quiet', '*.spec');
    expect((await refused()).found).toBe('none');
  });

  it('[F20] a file that is too large for git is to be named in sources', async () => {
    world.write('large.bin', Buffer.alloc(65 << 20));
    const fault = await refused();
    expect(fault.code).toBe('SpecRefused');
    expect(fault.found).toContain('name it in sources');
  });
});

describe('a spec that is read to be packed', () => {
  it('[I01] runs what it has in it inside only', async () => {
    const canary = join(world.root, 'canary');
    const more = `%(touch ${canary}; cat /etc/shadow >${canary}.shadow; echo x >&2)
%{lua: os.execute("touch ${canary}.lua")}`;
    world.write('greeting.spec', textSpec('greeting', { release: '2', more }));
    world.commit('Run');
    expect((await world.sync()).snapshot.packages.map(nevraText)).toEqual(['greeting-1.0-2.src']);
    for (const end of ['', '.shadow', '.lua']) expect(existsSync(`${canary}${end}`)).toBe(false);
  });

  it('[I02] reaches nothing', async () => {
    const reach =
      '%(python3 -c "import socket; socket.create_connection((\'127.0.0.1\', 22), 2)" 2>&1 | tail -1)';
    world.write('greeting.spec', textSpec('greeting', { more: `%{error:${reach}}` }));
    expect((await refused()).found).toMatch(/unreachable|Errno|refused/i);
  });

  it('[I05] that never ends is ended', async () => {
    world.write('greeting.spec', textSpec('greeting', { more: '%(sleep 1000)' }));
    const fault = await refused();
    expect(fault.code).toBe('SpecNotPacked');
    expect(fault.check).toBe('the build ends within 8 seconds');
  });

  it('[I04] that prints for ever fills nothing', async () => {
    world.write('greeting.spec', textSpec('greeting', { more: '%(yes flood >&2)' }));
    const fault = await refused();
    expect(fault.code).toBe('SpecNotPacked');
    expect(fault.found?.length).toBeLessThan(1000);
  });

  it('[I03] that fills its room has no more of it, and takes none of the machine', async () => {
    const fill =
      '%(cat /dev/zero >/builddir/full 2>/dev/null; cat /dev/zero >/tmp/full 2>/dev/null)';
    world.write('greeting.spec', textSpec('greeting', { more: fill }));
    const fault = await refused();
    expect(fault.code).toBe('SpecNotPacked');
    expect(fault.found).toMatch(/no space left|write/i);
  });

  it('[I09] makes no other package and takes no other files', async () => {
    const stray = '%(mkdir -p /builddir/out; echo x >/builddir/out/stray-1-1.src.rpm)';
    world.write('greeting.spec', textSpec('greeting', { more: stray }));
    expect((await refused()).check).toBe('rpmbuild makes one source package');
    world.git('reset', '--quiet', '--hard', start);
    const made = '%(echo x >/builddir/rpmbuild/SOURCES/made.txt)\nSource1: made.txt';
    world.write('greeting.spec', textSpec('greeting', { more: made }));
    const fault = await refused();
    expect(`${fault.check}: ${fault.found}`).toBe('it packs the files of its folder: made.txt');
  });

  it('[I18] that is no spec, or names a source that is not there, is told with what rpmbuild said', async () => {
    world.write('greeting.spec', 'no spec at all\n');
    expect((await refused()).found).toContain('error: line 1');
    world.write('greeting.spec', textSpec('greeting', { more: 'Source1: absent.tar.gz' }));
    expect((await refused()).found).toContain('absent.tar.gz');
  });
});

describe('files that sources names', () => {
  const bytes = 'from elsewhere\n';
  const digest = (algorithm: 'sha256' | 'sha512') =>
    createHash(algorithm).update(bytes).digest('hex');
  const wanting = () =>
    world.write('greeting.spec', textSpec('greeting', { more: 'Source1: far.txt' }));

  function lookaside(algorithm: 'sha256' | 'sha512'): string {
    const folder = join(world.root, 'lookaside');
    const file = join(folder, 'greeting/far.txt', algorithm, digest(algorithm), 'far.txt');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
    return `${folder}/`;
  }

  it.each(['sha256', 'sha512'] as const)(
    'are fetched from where dist-git has them: %s',
    async (algorithm) => {
      wanting();
      world.write('sources', `${algorithm.toUpperCase()} (far.txt) = ${digest(algorithm)}\n`);
      world.commit('Far');
      const mirrored = await world.sync({ git: { lookaside: lookaside(algorithm) } });
      expect(mirrored.snapshot.packages.map(nevraText)).toEqual(['greeting-1.0-1.src']);
    },
  );

  it('are fetched from the address behind the digest, once for all that is packed', async () => {
    const server = await badServer(async () => ({ kind: 'file', body: Buffer.from(bytes) }));
    try {
      wanting();
      const line = `SHA256 (far.txt) = ${digest('sha256')} ${server.url}some/far.txt?raw=1`;
      world.write('sources', `${line}\n`);
      world.commit('Far');
      const mirrored = await world.sync();
      expect(mirrored.snapshot.packages.map(nevraText)).toEqual(['greeting-1.0-1.src']);
      expect(server.requests).toHaveLength(1);
      await world.sync({ after: mirrored });
      expect(server.requests).toHaveLength(1);
    } finally {
      await server.close();
    }
  });

  it('[A07] are cut where they have no end', async () => {
    const server = await badServer(async () => ({ kind: 'endless' }));
    try {
      wanting();
      world.write('sources', `SHA256 (far.txt) = ${digest('sha256')} ${server.url}far.txt\n`);
      const fault = await refused({ upstream: { limits: { maxPackageBytes: 1 << 20 } } });
      expect(fault.code).toBe('TransferTooLarge');
      expect(world.packed).toEqual([]);
    } finally {
      await server.close();
    }
  });

  it('[A01] are refused with other bytes than git says', async () => {
    wanting();
    world.write('sources', `SHA256 (far.txt) = ${digest('sha256')}\n`);
    const folder = lookaside('sha256');
    writeFileSync(join(folder, 'greeting/far.txt/sha256', digest('sha256'), 'far.txt'), 'others\n');
    const fault = await refused({ git: { lookaside: folder } });
    expect(fault.code).toBe('ChecksumMismatch');
    expect(fault.object).toContain('far.txt');
    expect(world.packed).toEqual([]);
  });

  it.each([
    [`MD5 (far.txt) = ${'0'.repeat(32)}`, 'expected SHA256 (name) = digest'],
    [`SHA256 (../far.txt) = ${'0'.repeat(64)}`, 'expected SHA256 (name) = digest'],
    [`SHA256 (far.txt) = ${'0'.repeat(64)} file:///etc/passwd`, 'is not http(s)'],
    [`SHA256 (far.txt) = ${'0'.repeat(64)}`, 'no address behind far.txt'],
    [`SHA256 (text.txt) = ${'0'.repeat(64)}`, 'text.txt is in git too'],
  ])('[H01] are named in one way only: %s', async (line, found) => {
    world.write('sources', `${line}\n`);
    const fault = await refused();
    expect(fault.code).toBe('SpecRefused');
    expect(fault.found).toContain(found);
  });
});
