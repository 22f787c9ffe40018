import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** An installed Debian package, as far as a machine made of such packages needs it. */
export interface DebianPackage {
  readonly name: string;
  /** `epoch:upstream-revision`. */
  readonly version: string;
  /** Names in the closure. */
  readonly requires: readonly string[];
  /** Virtual names, without versions. */
  readonly provides: readonly string[];
  /** Absolute paths of regular files and symlinks, sorted; each file of the closure is in one package. */
  readonly files: readonly string[];
}

/** Made at installation rather than shipped, or wanted only by the scripts that do that. */
const left = new Set(['debconf', 'dpkg', 'login', 'passwd', 'adduser']);
const unwanted = /^\/usr\/share\/(doc|man|locale|info|lintian|bug)\//;
const database = '/var/lib/dpkg';

/** These packages with everything that they depend on, sorted by name. */
export function debianClosure(seeds: readonly string[]): readonly DebianPackage[] {
  const installed = installedPackages();
  const closed = new Set<string>();
  const waiting = [...seeds];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (closed.has(name) || left.has(name)) continue;
    const found = installed.get(name);
    if (found === undefined) throw new Error(`the Debian package ${name} is not installed`);
    closed.add(name);
    waiting.push(...found.depends);
  }
  const owned = new Set<string>();
  const alternatives = alternativeLinks();
  return [...closed].toSorted().map((name) => {
    const { version = '', depends = [], provides = [] } = installed.get(name) ?? {};
    const requires = depends.filter((d) => d !== name && closed.has(d));
    return { name, version, requires, provides, files: ownFiles(name, owned, alternatives) };
  });
}

interface Installed {
  readonly version: string;
  readonly depends: readonly string[];
  readonly provides: readonly string[];
}

function installedPackages(): ReadonlyMap<string, Installed> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own syntax
  const format = '${Package}\t${Version}\t${Pre-Depends}, ${Depends}\t${Provides}\n';
  const rows = execFileSync('dpkg-query', ['-W', '-f', format], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.split('\t'));
  const names = new Set(rows.map(([name]) => name));
  const providers = new Map<string, string>();
  for (const [name = '', , , provides = ''] of rows) {
    for (const virtual of plainNames(provides)) {
      if (!providers.has(virtual)) providers.set(virtual, name);
    }
  }
  const chosen = (group: string): readonly string[] => {
    const found = group
      .split('|')
      .flatMap(plainNames)
      .map((name) => (names.has(name) ? name : providers.get(name)))
      .find((name) => name !== undefined);
    return found === undefined ? [] : [found];
  };
  return new Map(
    rows.map(([name = '', version = '', depends = '', provides = '']) => [
      name,
      {
        version,
        depends: [...new Set(depends.split(',').flatMap(chosen))].toSorted(),
        provides: [...plainNames(provides)].filter((p) => !names.has(p)).toSorted(),
      },
    ]),
  );
}

/** `a (>= 1), b:any [amd64]` → a, b. */
function plainNames(list: string): readonly string[] {
  return list
    .split(',')
    .map((item) => item.replace(/\(.*?\)|\[.*?\]|:\w+/g, '').trim())
    .filter((item) => item !== '');
}

function ownFiles(
  name: string,
  owned: Set<string>,
  alternatives: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const files: string[] = [];
  const take = (path: string): void => {
    const place = join(realFolder(dirname(path)), basename(path));
    if (owned.has(place) || unwanted.test(place) || !isFile(place)) return;
    owned.add(place);
    files.push(place);
    for (const link of alternatives.get(place) ?? []) take(link);
  };
  for (const path of listed(name)) take(path);
  return files.toSorted();
}

/** What dpkg says that a package brought; folders too. */
function listed(name: string): readonly string[] {
  const folder = join(database, 'info');
  const lists = architectures().map((arch) => join(folder, `${name}${arch}.list`));
  const list = lists.find((path) => existsSync(path));
  if (list === undefined) throw new Error(`dpkg has no list of the files of ${name}`);
  return readFileSync(list, 'utf8')
    .split('\n')
    .filter((path) => path !== '' && path !== '/.');
}

let native: string | undefined;
function architectures(): readonly string[] {
  native ??= execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();
  return ['', `:${native}`];
}

/** `/bin` is `/usr/bin`: one file has one path. */
const folders = new Map<string, string>();
function realFolder(path: string): string {
  const known = folders.get(path);
  if (known !== undefined) return known;
  const real = existsSync(path) ? realpathSync(path) : path;
  folders.set(path, real);
  return real;
}

function isFile(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat !== undefined && (stat.isFile() || stat.isSymbolicLink());
}

/** Program → the links that update-alternatives made to it: `/usr/bin/mawk` → `/usr/bin/awk`, `/etc/alternatives/awk`. */
function alternativeLinks(): ReadonlyMap<string, readonly string[]> {
  const links = new Map<string, string[]>();
  const folder = join(database, 'alternatives');
  for (const file of readdirSync(folder)) {
    const [, link = '', ...slaves] = readFileSync(join(folder, file), 'utf8').split('\n');
    const pairs = [[file, link]];
    for (let at = 0; slaves[at] !== undefined && slaves[at] !== ''; at += 2) {
      pairs.push([slaves[at] ?? '', slaves[at + 1] ?? '']);
    }
    for (const [name = '', path = ''] of pairs) {
      const middle = join('/etc/alternatives', name);
      if (!existsSync(middle)) continue;
      const program = realpathSync(middle);
      links.set(program, [...(links.get(program) ?? []), middle, path]);
    }
  }
  return links;
}
