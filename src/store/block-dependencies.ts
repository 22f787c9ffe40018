import { join } from 'node:path';
import {
  digestOf,
  type PackageDependencies,
  type PackageDetail,
  type PackageEntry,
  type Sha256,
} from '../model/index.ts';
import { isPrimaryPath, markAs, nameMark } from '../rpm/index.ts';
import { blockDetails, derived } from './block-details.ts';
import type { Block } from './blocks.ts';
import { type Marks, marksBytes, readMarks } from './marks.ts';
import { blockDirectory, type Store } from './paths.ts';

/** Raised when the same packages would give other dependencies. */
const format = 3;

/** What is known of single packages, by digest; see `dependencyLines` and `blockPaths`. */
export type KnownPackages = ReadonlyMap<Sha256, KnownPackage>;

export interface KnownPackage {
  readonly line: string;
  readonly paths: Uint32Array;
}

/**
 * What the closure check reads of the packages of each block, one JSON text a package, which is read only when it is
 * asked for. `files` has the paths that primary lists: nearly all that are ever required, and few of those that there
 * are. Cached like the metadata; made from what is known and from the packages themselves.
 */
export async function* dependencyLines(
  store: Store,
  blocks: readonly Block[],
): AsyncGenerator<readonly string[]> {
  let at = 0;
  for await (const bytes of store.disk.readEach(blocks.map((b) => linesPath(store, b.key)))) {
    const block = blocks[at];
    if (block) yield readLines(bytes) ?? (await make(store, block, new Map())).lines;
    at += 1;
  }
}

/** Marks, in the role `holds`, of the paths that primary does not list; their places are numbers of packages. */
export async function* blockPaths(store: Store, blocks: readonly Block[]): AsyncGenerator<Marks> {
  let at = 0;
  for await (const bytes of store.disk.readEach(blocks.map((b) => pathsPath(store, b.key)))) {
    const block = blocks[at];
    if (block) yield readMarks(bytes)?.found ?? (await make(store, block, new Map())).paths;
    at += 1;
  }
}

/** The packages of blocks that may be gone; undefined when something is not kept or not whole. */
export async function keptPackages(
  store: Store,
  keys: readonly Sha256[],
): Promise<KnownPackages | undefined> {
  const found = new Map<Sha256, KnownPackage>();
  for await (const kept of eachKept(store, keys)) {
    if (!kept) return undefined;
    addPackages(found, kept);
  }
  return found;
}

/** The packages of blocks, of which some may be known. */
export async function blockPackages(
  store: Store,
  blocks: readonly Block[],
  known: KnownPackages,
): Promise<KnownPackages> {
  const found = new Map<Sha256, KnownPackage>();
  const keys = blocks.map((b) => b.key);
  let at = 0;
  for await (const kept of eachKept(store, keys)) {
    const block = blocks[at];
    if (block) addPackages(found, kept ?? (await make(store, block, known)));
    at += 1;
  }
  return found;
}

/** The digest vouches for the shape: only this program writes it. */
export const dependenciesIn = (line: string): PackageDependencies =>
  JSON.parse(line) as PackageDependencies;

const lineStart = '{"sha256":"';
const digestIn = (line: string): Sha256 =>
  line.slice(lineStart.length, lineStart.length + 64) as Sha256;

/** The same of single packages, with all their files; read from the packages themselves. */
export async function packageDependencies(
  store: Store,
  packages: readonly PackageEntry[],
): Promise<readonly PackageDependencies[]> {
  const details = await blockDetails(store, { packages });
  return details.map((detail) => dependenciesOf(detail, pathsOf(detail)));
}

const pathsPath = (store: Store, key: Sha256): string =>
  join(blockDirectory(store.root, key), 'paths');

const linesPath = (store: Store, key: Sha256): string =>
  join(blockDirectory(store.root, key), 'dependencies');

function readLines(bytes: Uint8Array | undefined): readonly string[] | undefined {
  if (bytes === undefined) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  const end = text.indexOf('\n');
  const body = text.slice(end + 1);
  return digestOf(`${format}${body}`) === text.slice(0, end) ? body.split('\n') : undefined;
}

interface Kept {
  readonly lines: readonly string[];
  readonly paths: Marks;
}

async function* eachKept(
  { disk, root }: Store,
  keys: readonly Sha256[],
): AsyncGenerator<Kept | undefined> {
  const paths = keys.flatMap((key) => [
    linesPath({ disk, root }, key),
    pathsPath({ disk, root }, key),
  ]);
  let lines: readonly string[] | undefined;
  let isLines = true;
  for await (const bytes of disk.readEach(paths)) {
    const found = isLines ? undefined : readMarks(bytes)?.found;
    if (isLines) lines = readLines(bytes);
    else yield lines && found && { lines, paths: found };
    isLines = !isLines;
  }
}

function addPackages(all: Map<Sha256, KnownPackage>, { lines, paths }: Kept): void {
  const marks = lines.map((): number[] => []);
  for (const [at, mark] of paths.marks.entries()) marks[paths.places[at] ?? 0]?.push(mark);
  for (const [n, line] of lines.entries()) {
    all.set(digestIn(line), { line, paths: Uint32Array.from(marks[n] ?? []) });
  }
}

async function make(store: Store, block: Block, known: KnownPackages): Promise<Kept> {
  const found = new Map(known);
  const missing = block.packages.filter((entry) => !found.has(entry.sha256));
  for (const detail of await blockDetails(store, { packages: missing })) {
    found.set(detail.sha256, knownOf(detail));
  }
  return await keepDependencies(store, block, found);
}

/** Of packages that are all at hand. */
export async function keepDependencies(
  store: Store,
  { key, packages }: Block,
  known: KnownPackages,
): Promise<Kept> {
  const found = packages.flatMap(({ sha256 }) => known.get(sha256) ?? []);
  if (found.length < packages.length) throw new Error(`not all packages of ${key} are known`);
  const lines = found.map((one) => one.line);
  const paths = marksOfPaths(found);
  const body = lines.join('\n');
  await store.disk.replace(pathsPath(store, key), marksBytes(paths), derived);
  await store.disk.replace(
    linesPath(store, key),
    `${digestOf(`${format}${body}`)}\n${body}`,
    derived,
  );
  return { lines, paths };
}

function marksOfPaths(packages: readonly KnownPackage[]): Marks {
  const count = packages.reduce((sum, { paths }) => sum + paths.length, 0);
  const [marks, places] = [new Uint32Array(count), new Uint16Array(count)];
  let at = 0;
  for (const [n, { paths }] of packages.entries()) {
    marks.set(paths, at);
    places.fill(n, at, at + paths.length);
    at += paths.length;
  }
  return { marks, places };
}

export function knownOf(detail: PackageDetail): KnownPackage {
  const { files } = detail;
  const listed: string[] = [];
  const marks = new Uint32Array(files.length);
  let count = 0;
  for (const { path } of files) {
    if (isPrimaryPath(path)) listed.push(path);
    else {
      marks[count] = markAs('holds', nameMark(path));
      count += 1;
    }
  }
  return {
    line: JSON.stringify(dependenciesOf(detail, listed)),
    paths: marks.slice(0, count),
  };
}

/** `sha256` stands first: see `digestIn`. */
function dependenciesOf(detail: PackageDetail, files: readonly string[]): PackageDependencies {
  const { sha256, name, epoch, version, release, arch, requires, provides } = detail;
  const nevra = { name, epoch, version, release, arch };
  return { sha256, nevra, requires, provides, files };
}

const pathsOf = ({ files }: PackageDetail): readonly string[] => files.map((file) => file.path);
