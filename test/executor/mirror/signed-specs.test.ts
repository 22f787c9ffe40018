import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Mirrored } from '../../../src/executor/mirror/job.ts';
import { nevraText } from '../../../src/model/index.ts';
import { faultOf } from '../../support/fault-of.ts';
import { keyFile } from '../../support/gpg.ts';
import { type SpecWorld, type SyncRecipe, specWorld, textSpec } from '../../support/spec-world.ts';

let world: SpecWorld;
let first: Mirrored;
let start: string;
beforeAll(async () => {
  world = specWorld();
  world.write('text.txt', 'hello\n');
  release('1');
  start = world.commit('Greet');
  first = await world.sync();
});
afterAll(() => world.dispose());
beforeEach(() => {
  world.git('reset', '--quiet', '--hard', start);
});

const release = (number: string) =>
  world.write('greeting.spec', textSpec('greeting', { release: number }));

const names = ({ snapshot }: Mirrored) => snapshot.packages.map(nevraText);

const refused = (recipe: SyncRecipe = {}) => faultOf(() => world.sync({ after: first, ...recipe }));

describe('whose commits count', () => {
  it('[A13] a commit that is not signed is refused, also under a signed one', async () => {
    release('2');
    const bare = world.commit('Unsigned', []);
    const fault = await refused();
    expect(fault.code).toBe('SpecCommitRefused');
    expect(fault.object).toBe(`specs, commit ${bare}`);
    expect(fault.found).toBe('no signature');
    world.commit('Signed upon it');
    expect((await refused()).object).toBe(`specs, commit ${bare}`);
    expect(names(await world.sync({ after: first, acknowledged: true }))).toEqual([
      'greeting-1.0-2.src',
    ]);
  });

  it('[A12] a commit by a key that nobody pinned is refused with the name of the key', async () => {
    world.signers.sshKey('stranger');
    release('2');
    world.commit('Strange', world.signers.withSsh('stranger'));
    const fault = await refused();
    expect(fault.code).toBe('SpecCommitRefused');
    expect(fault.found).toMatch(/^signed by the SSH key SHA256:/);
  });

  it('[A12] an OpenPGP key counts once the upstream pins it', async () => {
    const key = world.signers.gpgKey('gpg-packager');
    release('2');
    world.commit('OpenPGP', world.signers.withGpg(key));
    expect((await refused()).found).toContain('key');
    const mirrored = await world.sync({ after: first, keys: [keyFile(key)] });
    expect(names(mirrored)).toEqual(['greeting-1.0-2.src']);
    expect(mirrored.taken.signedBy).toBe(key.fingerprint);
  });

  it('[A15] the signature of another commit does not count', async () => {
    release('2');
    world.commit('Signed');
    const signed = world.git('cat-file', 'commit', 'HEAD');
    const forged = signed.replace(
      /^tree .*$/m,
      `tree ${world.git('rev-parse', `${start}^{tree}`)}`,
    );
    world.write('.git/forged', `${forged}\n`);
    const id = world.git('hash-object', '-t', 'commit', '-w', '.git/forged');
    world.git('reset', '--quiet', '--hard', id);
    const fault = await refused();
    expect(fault.code).toBe('SpecCommitRefused');
    expect(fault.found).not.toBe('no signature');
  });

  it('needs no signature where the policy says so', async () => {
    release('2');
    world.commit('Unsigned', []);
    const require = { metadataSignature: false, packageSignatures: false };
    const mirrored = await world.sync({
      after: first,
      upstream: { require },
      git: { sshKeys: [] },
    });
    expect(names(mirrored)).toEqual(['greeting-1.0-2.src']);
    expect(mirrored.taken.signedBy).toBeUndefined();
  });
});

describe('a branch that goes back', () => {
  it('[A03] is refused until an operator allows it, or the policy', async () => {
    release('2');
    world.commit('Raise');
    const second = await world.sync({ after: first });
    world.git('reset', '--quiet', '--hard', start);
    const fault = await refused({ after: second });
    expect(fault.code).toBe('SpecHistoryRewritten');
    expect(fault.fix).toContain('sluice acknowledge upstream/specs');
    for (const recipe of [{ acknowledged: true }, { git: { rewrites: true } }]) {
      expect(names(await world.sync({ after: second, ...recipe }))).toEqual(['greeting-1.0-1.src']);
    }
  });

  it('[F06] is refused where it vanished, or has another history', async () => {
    world.git('checkout', '--quiet', '--orphan', 'other');
    world.commit('From nothing');
    world.git('branch', '--quiet', '-D', 'main');
    expect((await refused()).code).toBe('SpecHistoryRewritten');
    world.git('branch', '--quiet', '-m', 'main');
    expect((await refused()).code).toBe('SpecHistoryRewritten');
  });

  it('[F20] brings no file that is larger than the upstream may bring', async () => {
    const bytes = Buffer.alloc(3 << 20);
    crypto.getRandomValues(bytes.subarray(0, 65_536));
    for (let at = 65_536; at < bytes.length; at += 65_536) {
      crypto.getRandomValues(bytes.subarray(at, at + 65_536));
    }
    world.write('large.bin', bytes);
    world.commit('Large');
    const fault = await refused({ upstream: { limits: { maxPackageBytes: 1 << 20 } } });
    expect(fault.code).toBe('TransferTooLarge');
  });
});
