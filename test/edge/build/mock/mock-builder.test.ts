import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { plainRecipe } from '../../../support/build-world.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { type StandInMock, standInMock, usualBehaviour } from '../../../support/stand-in-mock.ts';

/** No mock was at hand: Debian has none. What is tested is what it would be told, and what is made of its answers. */
describe('a build with mock', () => {
  let mock: StandInMock;
  beforeEach(() => {
    mock = standInMock();
  });
  afterEach(() => mock.dispose());
  const spec = '%prep\n%setup -c -T\n%files\n';
  const inputs = (recipe = {}) => ({
    root: mock.root,
    recipe: { ...plainRecipe, ...recipe },
  });

  test('is told as mock(1) documents it, and its packages, log and root are brought back', async () => {
    const { answer, names, log, directory } = await mock.build({
      spec,
      inputs: inputs({ with: ['tests'], without: ['docs'], args: ['--nocheck', '--verbose'] }),
    });
    expect(answer).toMatchObject({ kind: 'built', buildroot: ['bash-5.1-2.x86_64'] });
    expect(names).toEqual(['sample-1.0-1.noarch.rpm']);
    expect(log).toContain('rpmbuild was here');
    expect(mock.calls()).toEqual([
      [
        `--root=${directory}/mock.cfg`,
        `--resultdir=${directory}/results`,
        '--cleanup-after',
        '--with=tests',
        '--without=docs',
        '--nocheck',
        '--rpmbuild-opts=--verbose',
        '--rebuild',
        expect.stringMatching(/\.src\.rpm$/),
      ],
    ]);
  });

  test('is configured by a program that Python runs: only its repositories, no network, fixed times', async () => {
    const { directory } = await mock.build({
      spec,
      inputs: inputs({ defines: { quoted: `it's "so"\\` }, dist: '.el9.sl1' }),
      limits: { seconds: 77 },
    });
    const options = evaluated(join(directory, 'mock.cfg'));
    expect(options).toMatchObject({
      target_arch: 'x86_64',
      rpmbuild_networking: false,
      rpmbuild_timeout: 77,
      environment: { SOURCE_DATE_EPOCH: '1700000000' },
      macros: { '%dist': '.el9.sl1', '%quoted': `it's "so"\\`, '%_buildhost': 'builder.invalid' },
      included: [mock.template],
    });
    expect(options['dnf.conf']).toContain(
      `[tools]\nname=tools\nbaseurl=file:///state/generations/tools/1/x86_64\ngpgcheck=1\nrepo_gpgcheck=1\ngpgkey=file://${directory}/key-0.asc\n`,
    );
    expect(readFileSync(join(directory, 'key-0.asc'), 'utf8')).toBe('KEY');
  });

  test("with the site's patches makes its source package inside, then builds that", async () => {
    const { answer, directory } = await mock.build({
      spec,
      inputs: inputs(),
      patches: [{ name: 'mend.patch', text: '--- a\n' }],
    });
    expect(answer.kind).toBe('built');
    const [first = [], second = []] = mock.calls();
    expect(first).toContain('--buildsrpm');
    expect(first).toContain(`--spec=${directory}/sources/sample.spec`);
    expect(second.at(-1)).toBe(`${directory}/edited/sample-1.0-1.src.rpm`);
    const edited = readFileSync(join(directory, 'sources/sample.spec'), 'utf8');
    expect(edited).toContain('Patch90001: site-1-mend.patch');
    expect(readFileSync(join(directory, 'sources/site-1-mend.patch'), 'utf8')).toBe('--- a\n');
  });

  test.each([
    ['exit 10', { code: 'BuildFailed' }],
    ['exit 11', { code: 'BuildLimit' }],
    [
      `echo "No matching package to install: 'no-such-tool >= 2'"; exit 30`,
      { code: 'BuildRequirements', missing: ['no-such-tool >= 2'] },
    ],
  ])('that ends with `%s` is the failure of the package', async (lines, expected) => {
    mock.behave(lines);
    const { answer, names } = await mock.build({ spec, inputs: inputs() });
    expect(answer).toMatchObject({ kind: 'failed', ...expected });
    expect(names).toEqual([]);
  });

  test.each(['exit 3', 'exit 20', 'exit 30', 'exit 80', 'kill -9 $$'])(
    'that ends with `%s` is the trouble of the machine',
    async (lines) => {
      mock.behave(lines);
      const fault = await faultOf(async () => mock.build({ spec, inputs: inputs() }));
      expect(fault.code).toBe('ToolFailed');
    },
  );

  test('that is aborted is ended with all that it started', async () => {
    const started = join(mock.folder, 'started');
    mock.behave(`sleep 600 & echo $! >${started}; sleep 600`);
    const abort = new AbortController();
    const building = mock.build({ spec, inputs: inputs(), signal: abort.signal });
    while (!existsSync(started) || readFileSync(started, 'utf8') === '') await pause(20);
    abort.abort(new Error('the controller stops'));
    await expect(building).rejects.toThrow('the controller stops');
    const child = Number(readFileSync(started, 'utf8'));
    await expect.poll(() => isRunning(child)).toBe(false);
  });

  test('is refused for values that mock would expand, and without channels to build from', async () => {
    for (const wrong of [inputs({ dist: '{{ secret }}' }), { root: { kind: 'host' } } as const]) {
      const fault = await faultOf(async () => mock.build({ spec, inputs: wrong }));
      expect(fault.code).toBe('BuilderUnsuitable');
    }
    expect(mock.calls()).toEqual([]);
    mock.behave(usualBehaviour);
  });
});

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function isRunning(pid: number): boolean {
  try {
    // A process that nobody has waited for yet is a name only.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** What the options are when mock has read its configuration, which it does by running it. */
function evaluated(file: string) {
  const script = `import collections, json, sys
tree = lambda: collections.defaultdict(tree)
options = tree()
included = []
exec(open(sys.argv[1]).read(), {'config_opts': options, 'include': included.append})
options['included'] = included
print(json.dumps(options))`;
  return JSON.parse(execFileSync('python3', ['-c', script, file], { encoding: 'utf8' }));
}
