import { Fault, type MirroredFile, type Upstream } from '../../../model/index.ts';

/** A folder of the repository that a source package is packed from. */
export interface SpecFolder {
  /** Empty = the top. */
  readonly directory: string;
  /** File name of its one spec. */
  readonly spec: string;
  /** What lies directly in it and can be packed, by name; the spec among it, `sources` not. */
  readonly files: readonly MirroredFile[];
  /** Its file `sources`. */
  readonly sources?: MirroredFile;
}

const most = { files: 400, fileBytes: 64 << 20, folderBytes: 256 << 20 } as const;

/** Which folders of a commit are packed, and what of them. Throws `SpecRefused` for what cannot be meant. */
export function specFolders(
  upstream: Upstream,
  files: readonly MirroredFile[],
): readonly SpecFolder[] {
  const byFolder = Map.groupBy(files, ({ path }) => folderOf(path));
  const holding = [...byFolder]
    .filter(([, list]) => list.some((f) => f.path.endsWith('.spec')))
    .map(([folder]) => folder);
  const named = (upstream.git?.directories ?? []).map((d) => (d === '.' ? '' : d));
  const wanted = named.length === 0 ? holding : named;
  if (wanted.length === 0) throw refused(upstream, '', ['holds a file *.spec', 'none']);
  return wanted
    .toSorted()
    .map((directory) => folder(upstream, directory, byFolder.get(directory) ?? []));
}

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** Of a file, without its folder. */
export const nameOf = ({ path }: MirroredFile): string => path.slice(path.lastIndexOf('/') + 1);

const plain = /^[A-Za-z0-9_][A-Za-z0-9._+~^@=,%-]{0,200}$/;

function folder(upstream: Upstream, directory: string, files: readonly MirroredFile[]): SpecFolder {
  const object = (check: string, found: string) => refused(upstream, directory, [check, found]);
  if (directory.split('/').some((part) => part !== '' && !plain.test(part))) {
    throw object('has a plain name', JSON.stringify(directory.slice(0, 200)));
  }
  // Names with a dot first are about the repository, not about the package.
  const own = files.filter((f) => !nameOf(f).startsWith('.'));
  const specs = own.filter((f) => f.path.endsWith('.spec')).map(nameOf);
  const [spec] = specs;
  if (spec === undefined || specs.length > 1) {
    throw object('holds one spec', specs.map((s) => JSON.stringify(s)).join(', ') || 'none');
  }
  for (const file of own) {
    const problem = problemOf(file);
    if (problem !== undefined) {
      throw object(
        'holds regular files with plain names',
        `${JSON.stringify(nameOf(file))} ${problem}`,
      );
    }
  }
  const bytes = own.reduce((sum, f) => sum + f.sizeBytes, 0);
  if (own.length > most.files) throw object(`holds at most ${most.files} files`, `${own.length}`);
  if (bytes > most.folderBytes) {
    throw object(
      `holds at most ${most.folderBytes} bytes`,
      `${bytes}; name large files in sources`,
    );
  }
  const sources = own.find((f) => nameOf(f) === 'sources');
  const packed = own.filter((f) => f !== sources);
  return { directory, spec, files: packed, ...(sources === undefined ? {} : { sources }) };
}

function problemOf(file: MirroredFile): string | undefined {
  if (file.mode === '120000') return 'is a symbolic link';
  if (file.mode === '160000') return 'is a submodule';
  if (!plain.test(nameOf(file))) return 'is no plain name';
  if (file.sizeBytes <= most.fileBytes) return undefined;
  return `has ${file.sizeBytes} bytes, more than ${most.fileBytes}; name it in sources`;
}

/** What is wrong with one folder: `check` is a sentence about it. */
export function refused(
  upstream: Upstream,
  directory: string,
  [check, found]: readonly [check: string, found: string],
): Fault {
  return new Fault('SpecRefused', {
    object: `${upstream.name}, ${directory === '' ? 'top of the repository' : `folder ${directory}`}`,
    check: `a folder that is packed ${check}`,
    found,
    fix: `Nothing of the commit was taken over. Mend it by a further commit, or list other folders in git.directories of ${upstream.at.file}.`,
    at: upstream.at,
  });
}
