import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bundle } from '../../scripts/bundle.ts';
import { sourceStack } from '../../src/cli/source-stack.ts';
import { root } from '../house/source.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-program-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the program that is put together', () => {
  let made: string;
  beforeAll(async () => {
    made = join(folder, 'made');
    await bundle(made);
  });

  test('runs, and finds what lies beside the sources', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const run = (...args: readonly string[]) =>
      execFileSync(process.execPath, [join(made, 'main.mjs'), ...args], { encoding: 'utf8' });
    expect(run('--version')).toBe(`${version}\n`);
    expect(run('schema', 'channel')).toContain('"$schema"');
  });

  test('tells places of the source in a stack', () => {
    const main = join(made, 'main.mjs');
    const lines = readFileSync(main, 'utf8').split('\n');
    const line = lines.findIndex((text) => text.includes('.exitOverride()'));
    const place = `at main (${pathToFileURL(main)}:${line + 1}:2)`;
    const told = sourceStack(place);
    expect(told).toMatch(/^at main \(.*\/src\/cli\/main\.ts:\d+:\d+\)$/);
    expect(sourceStack('at x (file:///nowhere/x.mjs:1:1)')).toBe(
      'at x (file:///nowhere/x.mjs:1:1)',
    );
  });

  test('a file that starts itself as a thread loads alone', async () => {
    const thread = await import(pathToFileURL(join(made, 'edge/digest-pieces.mjs')).href);
    const bytes = Buffer.alloc(0);
    expect(await thread.pieceDigester()([[{ bytes }]])).toMatchObject([{ sizeBytes: 0 }]);
    const [chunk = ''] = readdirSync(made).filter((name) => /^digest-pieces-.*\.mjs$/.test(name));
    expect(readFileSync(join(made, chunk), 'utf8')).not.toMatch(/from "\.\//);
  });

  test('threads find the work that they are to do', async () => {
    const part = (name: string) => import(pathToFileURL(join(made, name)).href);
    const { threads } = await part('edge/threads.mjs');
    const { takeOrderModule } = await part('executor/mirror/take-order.mjs');
    const setup = { root: folder, upstream: {}, keys: [], now: 0, addresses: ['/'], atOnce: 1 };
    const told = () => undefined;
    const orders = [{ packages: [] }, { packages: [] }];
    await threads().run({ module: takeOrderModule, setup, orders, told });
    const wrong = threads().run({ module: 'file:///nowhere.js', setup, orders, told });
    await expect(wrong).rejects.toThrow('nowhere');
  });
});

describe('which program a start runs', () => {
  let clone: string;
  const source = () => join(clone, 'src/cli/main.ts');
  const programs = () => join(clone, 'node_modules/.cache/sluice/programs');

  beforeEach(() => {
    clone = mkdtempSync(join(folder, 'clone-'));
    for (const name of ['src/cli', 'scripts', 'node_modules']) {
      mkdirSync(join(clone, name), { recursive: true });
    }
    for (const name of ['program.sh', 'bundle.ts']) {
      copyFileSync(join(root, 'scripts', name), join(clone, 'scripts', name));
    }
    symlinkSync(join(root, 'node_modules/rolldown'), join(clone, 'node_modules/rolldown'));
    writeFileSync(join(clone, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(clone, 'package-lock.json'), '{}');
    writeFileSync(source(), 'console.log(1);\n');
  });

  /** What program.sh chooses, and what that prints. */
  function started(): { readonly program: string; readonly printed: string } {
    const script = `set -eu; root='${clone}'; node='${process.execPath}'; . "$root/scripts/program.sh"; echo "$program"`;
    const program = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).trim();
    const printed = execFileSync(process.execPath, [program], { encoding: 'utf8' }).trim();
    return { program, printed };
  }

  test('the one that was made, until any of its sources is another file', () => {
    const first = started();
    expect(first).toMatchObject({ program: expect.stringContaining('/main.mjs'), printed: '1' });
    expect(started()).toEqual(first);
    // As long as before and, by its own word, older.
    writeFileSync(source(), 'console.log(2);\n');
    utimesSync(source(), 1000, 1000);
    const second = started();
    expect(second.printed).toBe('2');
    expect(second.program).not.toBe(first.program);
    rmSync(source());
    writeFileSync(join(clone, 'src/cli/other.ts'), 'console.log(3);\n');
    writeFileSync(source(), "import './other.ts';\n");
    expect(started().printed).toBe('3');
  });

  test('the sources, where none can be made of them; that is not tried twice', () => {
    const tries = join(clone, 'tries');
    const failing = `import { appendFileSync } from 'node:fs';\nappendFileSync('${tries}', 'x');\nprocess.exit(1);\n`;
    writeFileSync(join(clone, 'scripts/bundle.ts'), failing);
    expect(started()).toEqual({ program: source(), printed: '1' });
    expect(started()).toEqual({ program: source(), printed: '1' });
    expect(readFileSync(tries, 'utf8')).toBe('x');
  });

  test('the sources, where rolldown is not installed or nothing can be kept', () => {
    rmSync(join(clone, 'node_modules/rolldown'));
    expect(started()).toEqual({ program: source(), printed: '1' });
    symlinkSync(join(root, 'node_modules/rolldown'), join(clone, 'node_modules/rolldown'));
    writeFileSync(join(clone, 'node_modules/.cache'), 'in the way');
    expect(started()).toEqual({ program: source(), printed: '1' });
  });

  test('a few older ones are kept, for what still runs', () => {
    for (let n = 1; n <= 6; n++) {
      writeFileSync(source(), `console.log(${n});\n`);
      started();
    }
    expect(readdirSync(programs())).toHaveLength(4);
    expect(started().printed).toBe('6');
  });
});
