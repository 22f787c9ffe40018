import { type Identity, soName } from './package-identity.ts';
import { hexDigits, normal, pick, type Random, wholeBelow } from './random.ts';
import { vocabulary, word } from './words.ts';

export interface PackagedFile {
  /** With a slash at the end. */
  readonly directory: string;
  readonly name: string;
  /** As in stat(2), with the type. */
  readonly mode: number;
}

const regular = 0o100644;
const program = 0o100755;
const directory = 0o040755;
const symlink = 0o120777;
const locales = 'ca cs da de el es fi fr hu it ja ko nl pl pt_BR ru sv tr uk vi zh_CN'.split(' ');
const endings = ['svg', 'png', 'json', 'so', 'txt', 'js'];
const medianFiles = 30;
const spread = 1.8;
const mostFiles = 6000;

/** The files of a package, sorted by path: few in most, thousands in some, as in real distributions. */
export function packagedFiles(identity: Identity, random: Random): readonly PackagedFile[] {
  const drawn = Math.round(medianFiles * Math.exp(spread * normal(random)));
  const wanted = Math.min(mostFiles, Math.max(1, drawn));
  const files = new Map<string, PackagedFile>();
  const add = (folder: string, name: string, mode = regular): void => {
    files.set(folder + name, { directory: folder, name, mode });
  };
  addOwn(identity, random, add);
  const folders = Array.from({ length: 1 + Math.floor(wanted / 14) }, () => word(random));
  for (let tries = wanted * 3; files.size < wanted && tries > 0; tries -= 1) {
    addOne(identity, { random, folder: pick(random, folders) }, add);
  }
  return [...files.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file);
}

type Add = (folder: string, name: string, mode?: number) => void;

/** What every package of a kind has. */
function addOwn(identity: Identity, random: Random, add: Add): void {
  const { kind, stem, name, version, arch } = identity;
  if (arch !== 'noarch') {
    const build = hexDigits(random, 40);
    add('/usr/lib/', '.build-id', directory);
    add('/usr/lib/.build-id/', build.slice(0, 2), directory);
    add(`/usr/lib/.build-id/${build.slice(0, 2)}/`, build.slice(2), symlink);
  }
  if (kind === 'lib') {
    add('/usr/lib64/', soName(identity), symlink);
    add('/usr/lib64/', `${soName(identity)}.${version}`, program);
  }
  if (kind === 'app') {
    add('/usr/bin/', stem, program);
    add('/usr/share/man/man1/', `${stem}.1.gz`);
  }
  add('/usr/share/doc/', name, directory);
  add(`/usr/share/doc/${name}/`, 'README.md');
  add('/usr/share/licenses/', name, directory);
  add(`/usr/share/licenses/${name}/`, 'COPYING');
}

function addOne(
  { kind, stem }: Identity,
  { random, folder }: { readonly random: Random; readonly folder: string },
  add: Add,
): void {
  const second = random() < 0.5 ? `_${word(random)}` : '';
  const name = `${vocabulary[wholeBelow(random, vocabulary.length)]}${second}`;
  if (kind === 'python') {
    const module = `/usr/lib/python3.12/site-packages/${stem}/${folder}/`;
    add(module, `${name}.py`);
    add(`${module}__pycache__/`, `${name}.cpython-312.opt-1.pyc`);
    add(`${module}__pycache__/`, `${name}.cpython-312.pyc`);
  } else if (kind === 'devel') add(`/usr/include/${stem}/${folder}/`, `${name}.h`);
  else if (kind === 'doc') add(`/usr/share/doc/${stem}/html/${folder}/`, `${name}.html`);
  else if (kind === 'perl') add(`/usr/share/perl5/vendor_perl/${stem}/${folder}/`, `${name}.pm`);
  else if (random() < 0.2) {
    add(`/usr/share/locale/${pick(random, locales)}/LC_MESSAGES/`, `${stem}-${folder}.mo`);
  } else add(`/usr/share/${stem}/${folder}/`, `${name}.${pick(random, endings)}`);
}
