import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { buildWorld } from '../../support/build-world.ts';
import { faultOf } from '../../support/fault-of.ts';

const world = buildWorld();
const programs = mkdtempSync(join(tmpdir(), 'sluice-programs-'));
afterAll(() => {
  world.dispose();
  rmSync(programs, { recursive: true, force: true });
});

const script = join(import.meta.dirname, '../../support/build-once.ts');
const spec = '%install\ntrue\n%files\n';

describe('a machine that cannot isolate', () => {
  test('[I17] has no bubblewrap: nothing is built', async () => {
    for (const name of ['sh', 'prlimit', 'setpriv'])
      symlinkSync(`/usr/bin/${name}`, join(programs, name));
    const path = process.env.PATH;
    process.env.PATH = programs;
    try {
      const fault = await faultOf(() => world.build({ spec }));
      expect(fault.code).toBe('CannotIsolate');
      expect(fault.found).toContain('bwrap');
    } finally {
      process.env.PATH = path;
    }
  });

  test('[I17] gives nobody a user namespace: nothing is built', async () => {
    const told = execFileSync(
      'unshare',
      [
        '--user',
        '--map-root-user',
        'sh',
        '-c',
        'echo 1 >/proc/sys/user/max_user_namespaces && exec unshare --user --map-user=1000 "$@"',
        'sh',
        process.execPath,
        script,
      ],
      { encoding: 'utf8' },
    );
    expect(told).toMatch(/^CannotIsolate .*namespace/m);
  });

  test('what was to be built did not run', () => {
    const outputs = readdirSync(world.root).filter((name) => /^build-\d+$/.test(name));
    for (const name of outputs) {
      expect(readdirSync(join(world.root, name, 'output'))).toEqual([]);
    }
    expect(existsSync(world.root)).toBe(true);
  });
});

const user =
  process.getuid?.() === 0 ? ['setpriv', '--reuid=1234', '--regid=1234', '--clear-groups'] : [];
const [first = '', ...others] = [...user, process.execPath];
/** A clone below a private folder cannot be read by anybody else. */
const readable = spawnSync(first, [...others, '--check', script]).status === 0;

test.skipIf(!readable)('an ordinary user builds as well as root does', () => {
  expect(execFileSync(first, [...others, script], { encoding: 'utf8' })).toBe('built\n');
});

test('a source package that is refused is not handed to a sandbox', async () => {
  const evil = { name: '../evil', content: 'x' };
  const { answer } = await world.build({
    spec,
    source: { payload: [{ name: 'x.spec', content: spec }, evil] },
  });
  expect(answer).toMatchObject({ kind: 'failed', code: 'SourceRefused', command: [] });
});

test('another architecture is refused rather than mislabelled', async () => {
  const fault = await faultOf(() => world.build({ spec, inputs: { arch: 's390x' } }));
  expect(fault.code).toBe('BuilderUnsuitable');
});
