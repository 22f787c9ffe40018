import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync, inflateSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommitId } from '../../../src/model/index.ts';
import { type PolicyWorld, policyWorld } from '../../support/policy-repository.ts';

let world: PolicyWorld;
beforeEach(() => {
  world = policyWorld();
});
afterEach(() => world.remove());

const mirror = (...path: string[]) => join(world.state, 'policy.git', ...path);
const plain = (...args: string[]) =>
  execFileSync('git', [`--git-dir=${mirror()}`, ...args], { stdio: 'pipe' });

/** Has git take the mirror's packs apart, or put everything into one. */
function unpackMirror() {
  const folder = mirror('objects', 'pack');
  for (const name of readdirSync(folder).filter((n) => n.endsWith('.pack'))) {
    const input = readFileSync(join(folder, name));
    rmSync(join(folder, name));
    rmSync(join(folder, name.replace(/pack$/, 'idx')));
    execFileSync('git', [`--git-dir=${mirror()}`, 'unpack-objects', '-q'], { input });
  }
}
const packMirror = () => plain('repack', '-a', '-d', '-q', '--keep-unreachable');

type Files = Readonly<Record<string, string | undefined>>;

/** In one commit, what has to be gone on the disk before the other can be there. */
function became(message: string, before: Files, after: Files): CommitId {
  for (const path of Object.keys(before)) rmSync(join(world.repository, path));
  rmSync(join(world.repository, 'a'), { recursive: true, force: true });
  world.git('add', '--all');
  return world.commit(message, after);
}

/** A history with what a reader can get wrong. */
function oddHistory(): readonly CommitId[] {
  const commits = [
    world.commit('first', {
      'sluice.yaml': 'a',
      'a/x y.yaml': '1',
      'a/ü"\\.yaml': '2',
      'b/c/d/e': '3',
    }),
    became('a file', { 'a/x y.yaml': undefined, 'a/ü"\\.yaml': undefined }, { a: '4' }),
    became('a folder\nsecond line\n\nbody', { a: undefined }, { 'a/z': '5', 'a.b': '6', a0: '7' }),
  ];
  chmodSync(join(world.repository, 'a.b'), 0o755);
  commits.push(world.commit('  mode only  ', { 'a.b': '6' }));
  world.git(
    '-c',
    'i18n.commitEncoding=latin1',
    'commit',
    '-q',
    '--allow-empty',
    '-m',
    'Gr\u00fc\u00dfe',
  );
  world.git('commit', '-q', '--allow-empty', '--allow-empty-message', '-m', '');
  world.git('switch', '-q', '-c', 'side', commits[1] ?? '');
  commits.push(world.commit('beside', { s: '8' }));
  world.git('switch', '-q', 'main');
  world.git('merge', '-q', '--no-ff', '-m', 'merge', 'side');
  const all = world.git('log', '--reverse', '--format=%H').split('\n') as CommitId[];
  return all;
}

describe('what is read from loose objects', () => {
  it('is what git says of the same objects in a pack', async () => {
    const commits = oddHistory();
    const head = world.git('rev-parse', 'HEAD') as CommitId;
    const port = world.port();
    await port.fetch();
    await port.accept(head);
    await port.appendLog('one', [{ path: 'records/a/1.json', text: '{}' }]);
    await port.appendLog('two', [
      { path: 'records/b.json', text: '[]' },
      { path: 'x', text: 'é' },
    ]);
    const answers = async () => {
      const reader = world.port();
      const of = async <T>(ask: () => Promise<T>) => ask().catch((error: Error) => error.message);
      const said: unknown[] = [];
      for (const a of commits) {
        said.push(await of(() => reader.commit(a)), await of(() => reader.resolve(a)));
        said.push(await of(() => reader.files(a)), await of(() => reader.signedPayload(a)));
        for (const file of await reader.files(a)) said.push(await reader.readText(a, file.path));
        for (const b of commits.slice(0, 3).concat(head)) {
          said.push(await of(() => reader.changedPaths(a, b)), await reader.isAncestor(a, b));
          said.push(await of(() => reader.firstParents(a, b)));
        }
        said.push(await of(() => reader.firstParents(undefined, a)));
      }
      for (const prefix of ['', 'records/', 'records/a', 'none/', 'x']) {
        said.push(await reader.listLog(prefix), await of(() => reader.readLog(prefix)));
      }
      said.push(await reader.readLog('records/a/1.json'), await reader.readLog('x/y'));
      return said;
    };
    unpackMirror();
    const loose = await answers();
    packMirror();
    expect(loose).toEqual(await answers());
  });

  it('[F10] has the bytes of its name, or git is asked', async () => {
    const head = world.commit('one', { 'sluice.yaml': 'good' });
    const port = world.port();
    await port.fetch();
    await port.accept(head);
    unpackMirror();
    const oid = world.git('rev-parse', `${head}:sluice.yaml`);
    const file = mirror('objects', oid.slice(0, 2), oid.slice(2));
    const other = inflateSync(readFileSync(file)).toString('latin1').replace('good', 'evil');
    chmodSync(file, 0o644);
    writeFileSync(file, deflateSync(Buffer.from(other, 'latin1')));
    await expect(world.port().readText(head, 'sluice.yaml')).rejects.toThrow();
    expect(statSync(file).size).toBeGreaterThan(0);
  });
});
