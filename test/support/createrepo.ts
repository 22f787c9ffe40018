import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { SaxesParser } from 'saxes';

/** One XML element with its children, enough to look at what createrepo_c wrote. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

/** What createrepo_c says of one package in its three files. */
export interface Described {
  readonly primary: Element;
  readonly filelists: Element;
  readonly other: Element;
}

/** Runs the real createrepo_c over a directory; package digest → what it says. */
export function createrepo(directory: string): ReadonlyMap<string, Described> {
  const options = ['--quiet', '--no-database', '--simple-md-filenames', '--workers', '1'];
  execFileSync('createrepo_c', [...options, directory], { stdio: 'pipe' });
  const read = (kind: string): readonly Element[] =>
    parseXml(
      execFileSync('zcat', [join(directory, `repodata/${kind}.xml.gz`)], { maxBuffer: 1 << 28 }),
    ).children;
  const byId = (elements: readonly Element[]) =>
    new Map(elements.map((e) => [e.attributes.pkgid ?? '', e]));
  const filelists = byId(read('filelists'));
  const other = byId(read('other'));
  return new Map(
    read('primary').map((primary) => {
      const sha256 = child(primary, 'checksum')?.text ?? '';
      return [
        sha256,
        { primary, filelists: must(filelists.get(sha256)), other: must(other.get(sha256)) },
      ];
    }),
  );
}

export function parseXml(bytes: Uint8Array): Element {
  const root: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  const parser = new SaxesParser();
  parser.on('opentag', (tag) => {
    const element = { name: tag.name, attributes: tag.attributes, children: [], text: '' };
    must(open.at(-1)).children.push(element);
    open.push(element);
  });
  parser.on('text', (text) => {
    must(open.at(-1)).text += text;
  });
  parser.on('closetag', () => {
    open.pop();
  });
  parser.on('error', (error) => {
    throw error;
  });
  parser.write(Buffer.from(bytes).toString('utf8')).close();
  return must(root.children[0]);
}

export function child(element: Element | undefined, name: string): Element | undefined {
  return element?.children.find((c) => c.name === name);
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('createrepo_c left something out');
  return value;
}

/** Every package file below a folder, by a real find. */
export function packageFiles(folder: string): readonly string[] {
  const found = execFileSync('find', [folder, '-name', '*.rpm', '-type', 'f']).toString();
  return found.split('\n').filter((path) => path !== '' && !path.endsWith('.drpm'));
}
