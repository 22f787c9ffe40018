import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { decompressor } from '../../src/edge/decompress.ts';
import { realDisk } from '../../src/edge/disk.ts';
import { realFetch } from '../../src/edge/fetch/index.ts';
import { realSpecs } from '../../src/edge/specs.ts';
import { threads } from '../../src/edge/threads.ts';
import type { Mirrored } from '../../src/executor/mirror/job.ts';
import { mirrorUpstream } from '../../src/executor/mirror/mirror-upstream.ts';
import type { CommitId, Upstream } from '../../src/model/index.ts';
import type { Specs } from '../../src/ports.ts';
import { packagePath, type Store } from '../../src/store/index.ts';
import { makeSigners, type Signers } from './signers.ts';

/** A git repository of specs that a person fills, and a state directory that mirrors it. */
export interface SpecWorld {
  readonly root: string;
  readonly repository: string;
  readonly store: Store;
  readonly signers: Signers;
  /** Public SSH key of the person who commits. */
  readonly key: string;
  /** As people are told of it. */
  readonly fingerprint: string;
  /** Orders that were packed. */
  readonly packed: string[];
  /** Plain git, as the person. */
  git(...args: readonly string[]): string;
  write(path: string, text: string | Uint8Array): void;
  /** Adds everything and commits, signed by the person's key or as told. */
  commit(message: string, how?: readonly string[]): CommitId;
  sync(recipe?: SyncRecipe): Promise<Mirrored>;
  /** The source package of this name, as a file. */
  file(mirrored: Mirrored, name: string): string;
  dispose(): void;
}

export interface SyncRecipe {
  readonly after?: Mirrored;
  readonly upstream?: Partial<Upstream>;
  readonly git?: Partial<NonNullable<Upstream['git']>>;
  readonly keys?: readonly { readonly path: string; readonly text: string }[];
  readonly acknowledged?: boolean;
}

/** Limits that a test can reach. */
type Limits = Partial<Parameters<Specs['pack']>[0]['limits']>;

/** Commits are of these days, so that signatures made now are not from the future. */
export const startOfTest = Math.floor(Date.now() / 1000) - 100_000;

/** The repository alone, for a site that has its own state. */
export type SpecAuthor = Pick<
  SpecWorld,
  'repository' | 'signers' | 'key' | 'fingerprint' | 'git' | 'write' | 'commit' | 'dispose'
>;

export function specAuthor(root: string): SpecAuthor {
  const repository = join(root, 'specs');
  const signers = makeSigners();
  const key = signers.sshKey('packager');
  let time = startOfTest;
  const options = { encoding: 'utf8', stdio: 'pipe' } as const;
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-C', repository, ...args], {
      env: person(root, time),
      ...options,
    }).trim();
  mkdirSync(repository);
  git('init', '--quiet', '--initial-branch=main');
  return {
    ...{ repository, signers, git, key, fingerprint: fingerprintOf(key) },
    write(path, text) {
      mkdirSync(dirname(join(repository, path)), { recursive: true });
      writeFileSync(join(repository, path), text);
    },
    commit(message, how = signers.withSsh('packager')) {
      time += 3600;
      git('add', '-A');
      git(...how, 'commit', '--quiet', '--allow-empty', '-m', message);
      return git('rev-parse', 'HEAD') as CommitId;
    },
    dispose: () => signers.dispose(),
  };
}

export function specWorld(limits: Limits = {}): SpecWorld {
  const root = mkdtempSync(join(tmpdir(), 'sluice-specs-'));
  chmodSync(root, 0o755);
  const author = specAuthor(root);
  const store: Store = { disk: realDisk(), root: join(root, 'state') };
  const packed: string[] = [];
  const clock = { now: () => startOfTest + 100_060 };
  const specs = watched(realSpecs({ state: store.root, clock }), { packed, limits });
  return {
    ...{ ...author, root, store, packed },
    sync: syncer({ ...author, store, specs, clock }),
    file(mirrored, name) {
      const entry = mirrored.snapshot.packages.find((p) => p.name === name);
      if (entry === undefined) throw new Error(`no ${name} in the snapshot`);
      return packagePath(store.root, entry);
    },
    dispose() {
      author.dispose();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function fingerprintOf(key: string): string {
  const said = execFileSync('ssh-keygen', ['-l', '-f', '-'], { input: key, encoding: 'utf8' });
  return /SHA256:\S+/.exec(said)?.[0] ?? said;
}

const person = (home: string, time: number) => ({
  PATH: process.env.PATH ?? '',
  HOME: home,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Petra',
  GIT_AUTHOR_EMAIL: 'petra@example.org',
  GIT_COMMITTER_NAME: 'Petra',
  GIT_COMMITTER_EMAIL: 'petra@example.org',
  GIT_AUTHOR_DATE: `${time} +0000`,
  GIT_COMMITTER_DATE: `${time} +0000`,
});

function watched(
  specs: Specs,
  { packed, limits }: { readonly packed: string[]; readonly limits: Limits },
): Specs {
  return {
    repository: specs.repository,
    pack: (order) => {
      packed.push(order.spec);
      return specs.pack({ ...order, limits: { ...order.limits, ...limits } });
    },
  };
}

function syncer(w: {
  readonly repository: string;
  readonly store: Store;
  readonly key: string;
  readonly specs: Specs;
  readonly clock: { now(): number };
}) {
  return async ({ after, upstream, git, keys = [], acknowledged }: SyncRecipe = {}) => {
    const declared: Upstream = {
      ...{ name: 'specs', url: w.repository, tree: 'source', layout: 'spec' },
      git: { ref: 'refs/heads/main', directories: [], sshKeys: [w.key], rewrites: false, ...git },
      keys: keys.map((k) => k.path),
      require: { metadataSignature: true, packageSignatures: false },
      ...{ exceptions: [], include: [], exclude: [], verifyTags: {} },
      limits: { maxPackageBytes: 1 << 28 },
      at: { file: 'upstreams/specs.yaml', line: 1, col: 1 },
      ...upstream,
    };
    const ports = {
      ...{ disk: w.store.disk, fetch: realFetch({ attempts: 1 }), decompress: decompressor() },
      ...{
        threads: threads({ attempts: 1 }),
        clock: w.clock,
        log: { emit: () => undefined },
        specs: w.specs,
      },
    };
    const mirrored = await mirrorUpstream(ports, w.store, {
      ...{ upstream: declared, keys, acknowledgedRollback: acknowledged === true },
      ...(after && { previous: after.taken, previousSnapshot: after.snapshot }),
    });
    const left = readdirSync(join(w.store.root, 'staging'));
    if (left.length > 0) throw new Error(`left in staging: ${left}`);
    return mirrored;
  };
}

/** A spec that packs and builds anywhere. */
export const textSpec = (
  name: string,
  { release = '1', more = '' }: { readonly release?: string; readonly more?: string } = {},
): string => `Name: ${name}
Version: 1.0
Release: ${release}%{?dist}
Summary: A text
License: MIT
BuildArch: noarch
Source0: text.txt
${more}
%description
A text.
%prep
%setup -q -c -T
cp %{SOURCE0} .
%install
mkdir -p %{buildroot}/usr/share/${name}
cp text.txt %{buildroot}/usr/share/${name}/
%files
/usr/share/${name}
`;
