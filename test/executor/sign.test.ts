import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { realDisk, rpmPackageCheck } from '../../src/edge/index.ts';
import { type KeptForm, type SignJob, sign } from '../../src/executor/index.ts';
import type { CommitId, Sha256, SignedForm } from '../../src/model/index.ts';
import type { PackageCheck, Signer } from '../../src/ports.ts';
import { inspectPackage } from '../../src/rpm/index.ts';
import { packagePath, type Store } from '../../src/store/index.ts';
import { faultOf } from '../support/fault-of.ts';
import { type HeldPackage, heldPackages, hold } from '../support/held-packages.ts';
import { openpgpSigner } from '../support/openpgp-signer.ts';

const commit = 'c'.repeat(40) as CommitId;
const quiet = { clock: { now: () => 1_790_000_000 }, log: { emit: () => undefined } };
let signer: Signer & { readonly fingerprint: string };
let held: readonly HeldPackage[];
const folders: string[] = [];

beforeAll(async () => {
  signer = await openpgpSigner();
  held = heldPackages([{ name: 'alpha' }, { name: 'beta' }]);
});
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

interface World {
  readonly store: Store;
  readonly forms: Map<Sha256, SignedForm>;
  readonly job: SignJob;
}

async function world(): Promise<World> {
  const root = mkdtempSync(join(tmpdir(), 'sluice-sign-'));
  folders.push(root);
  const store = { disk: realDisk(), root };
  await hold(store, held);
  const forms = new Map<Sha256, SignedForm>();
  const job: SignJob = {
    channel: 'testing',
    signingKey: signer.fingerprint,
    commit,
    packages: held.map((h) => h.entry),
    known: forms,
    kept: async (made: readonly KeptForm[]) => {
      for (const { source, ...form } of made) forms.set(source, form);
    },
  };
  return { store, forms, job };
}

const ports = (more: { signer?: Signer; packageCheck?: PackageCheck } = {}) => ({
  ...{ signer, packageCheck: rpmPackageCheck(), ...quiet },
  ...more,
});

const counting = (): Signer & { readonly signed: () => number } => {
  let signed = 0;
  return {
    ...signer,
    signed: () => signed,
    sign: async (order) => {
      signed += 1;
      return signer.sign(order);
    },
  };
};

describe('signing packages', () => {
  test('keeps a form beside each source, dated by its build and equal wherever it is made', async () => {
    const [one, two] = [await world(), await world()];
    expect(await sign(ports(), one.store, one.job)).toMatchObject({ kind: 'done' });
    await sign(ports(), two.store, two.job);
    expect(one.forms).toEqual(two.forms);
    for (const { entry, bytes } of held) {
      const form = one.forms.get(entry.sha256);
      if (!form) throw new Error('no form');
      const made = await one.store.disk.read(packagePath(one.store.root, { ...entry, ...form }));
      const inspection = inspectPackage(made ?? new Uint8Array());
      expect(inspection.sha256).toBe(form.sha256);
      expect(inspection.signatures[0]?.signature).toMatchObject({ created: entry.buildTime });
      expect(await one.store.disk.read(packagePath(one.store.root, entry))).toEqual(bytes);
    }
  });

  test('[J07] asked again signs nothing again, and makes the same bytes where they are gone', async () => {
    const { store, forms, job } = await world();
    const counted = counting();
    await sign(ports({ signer: counted }), store, job);
    expect(await sign(ports({ signer: counted }), store, job)).toEqual({ kind: 'already' });
    expect(counted.signed()).toBe(2);
    const before = new Map(forms);
    const [first] = held;
    const form = first && forms.get(first.entry.sha256);
    if (!first || !form) throw new Error('no form');
    await store.disk.remove(packagePath(store.root, { ...first.entry, ...form }));
    await sign(ports({ signer: counted }), store, job);
    expect(counted.signed()).toBe(3);
    expect(forms).toEqual(before);
  });

  test('[J03] a source whose bytes are not its digest is not signed', async () => {
    const { store, forms, job } = await world();
    const [first] = held;
    if (!first) throw new Error('no package');
    const swapped = Uint8Array.from(first.bytes);
    swapped[20] = (swapped[20] ?? 0) ^ 1;
    await store.disk.replace(packagePath(store.root, first.entry), swapped);
    expect((await faultOf(() => sign(ports(), store, job))).code).toBe('SnapshotDamaged');
    expect(forms.size).toBe(0);
    expect(await store.disk.list(`${store.root}/staging`)).toEqual([]);
  });

  test('[J09] what rpm refuses is kept nowhere, and both verdicts are told', async () => {
    const { store, forms, job } = await world();
    const other = await openpgpSigner(1_700_000_001);
    const check: PackageCheck = {
      check: async (_, paths) =>
        rpmPackageCheck().check(
          { fingerprint: other.fingerprint, armored: await other.publicKey(other.fingerprint) },
          paths,
        ),
    };
    const fault = await faultOf(() => sign(ports({ packageCheck: check }), store, job));
    expect(fault.code).toBe('SignatureDisputed');
    expect(fault.found).toMatch(/Sluice accepts it .*rpmkeys refuses it .*NOKEY/);
    expect(forms.size).toBe(0);
    expect(await store.disk.list(`${store.root}/staging`)).toEqual([]);
  });

  test('[J05] a signer that signs nothing, or something else, is found out', async () => {
    const { store, forms, job } = await world();
    const silent: Signer = { ...signer, sign: async () => '' };
    expect((await faultOf(() => sign(ports({ signer: silent }), store, job))).code).toBe(
      'SignatureInvalid',
    );
    const lying: Signer = {
      ...signer,
      sign: (order) => signer.sign({ ...order, bytes: Buffer.from('x') }),
    };
    const fault = await faultOf(() => sign(ports({ signer: lying }), store, job));
    expect(fault.code).toBe('SignatureDisputed');
    expect(fault.found).toMatch(/Sluice refuses it .*rpmkeys refuses it .*BAD/);
    expect(forms.size).toBe(0);
  });
});
