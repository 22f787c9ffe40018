import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { rolldown } from 'rolldown';

const root = resolve(import.meta.dirname, '..');
const sources = join(root, 'src');

/**
 * Puts the program and its libraries together in a few files, which load in a fraction of the time that some thousand
 * take (docs/decisions/0010-program-put-together.md). What verbs load when they need it stays in files of its own, and
 * so does what runs as a thread.
 */
export async function bundle(into: string): Promise<void> {
  const together = await rolldown({
    input: { main: join(sources, 'cli/main.ts'), ...threads() },
    platform: 'node',
    cwd: root,
    plugins: [{ name: 'places', transform: { handler: (code, id) => inPlace(code, id) } }],
  });
  await together.write({
    dir: into,
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
    sourcemap: true,
    sourcemapExcludeSources: true,
  });
  await together.close();
}

/** A file that names its own address starts itself as a thread. */
function threads(): Readonly<Record<string, string>> {
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .filter((name) => readFileSync(join(sources, name), 'utf8').includes('import.meta.url'));
  return Object.fromEntries(files.map((name) => [name.replace(/\.ts$/, ''), join(sources, name)]));
}

/**
 * What a source file looks for beside itself stays where it is. The address of a file that runs as a thread is that of its
 * own file here: the chunk that it shares with the main program, at the top of the folder, exports under other names.
 */
function inPlace(code: string, id: string) {
  if (!id.startsWith(sources) || !/import\.meta\.(dirname|url)/.test(code)) return undefined;
  const own = `./${relative(sources, id).replace(/\.ts$/, '.mjs')}`;
  const placed = code
    .replaceAll('import.meta.url', `new URL(${JSON.stringify(own)}, import.meta.url).href`)
    .replaceAll('import.meta.dirname', JSON.stringify(dirname(id)));
  // Lines stay the same, which is enough for a stack.
  return { code: placed, map: null };
}

const [into] = process.argv.slice(2);
if (import.meta.main && into !== undefined) await bundle(into);
