import { constants, existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const objectName = /^([0-9a-f]{40})\n$/;
/** What git takes in every version; whoever names a ref otherwise is left to git. */
const plainName = /^refs(?:\/[A-Za-z0-9_+@](?:\.?[A-Za-z0-9_+@-])*)+$/;

/**
 * The refs below some folders of a repository on this machine, read as the files that they are, without a process of
 * git's (gitrepository-layout(5)). A single ref can be named too. undefined wherever anything is unusual: another kind of
 * storage, links, symbolic or damaged refs, a repository that is none; then git has to be asked.
 */
export async function refsOnDisk(
  gitDirectory: string,
  places: readonly string[],
): Promise<ReadonlyMap<string, string> | undefined> {
  const odd = ['reftable', 'commondir'].some((name) => existsSync(join(gitDirectory, name)));
  if (odd || !existsSync(join(gitDirectory, 'HEAD'))) return undefined;
  try {
    // In this order: git writes a packed ref before it removes the file.
    const loose = await looseRefs(gitDirectory, places);
    const packed = await packedRefs(gitDirectory, places);
    return new Map([...packed, ...loose]);
  } catch (error) {
    if (error instanceof Unusual || isRefusal(error)) return undefined;
    throw error;
  }
}

class Unusual extends Error {}

const isRefusal = (error: unknown): boolean => error instanceof Error && 'code' in error;

async function looseRefs(
  gitDirectory: string,
  places: readonly string[],
): Promise<readonly (readonly [string, string])[]> {
  const names = await Promise.all(places.map((place) => filesBelow(gitDirectory, place)));
  const read = names.flat().map(async (name) => {
    const text = await textOf(join(gitDirectory, name));
    // Gone since it was listed: packed perhaps.
    if (text === undefined) return [];
    const value = objectName.exec(text)?.[1];
    if (value === undefined) throw new Unusual();
    return [[name, value] as const];
  });
  return (await Promise.all(read)).flat();
}

async function filesBelow(gitDirectory: string, place: string): Promise<readonly string[]> {
  const entries = await readdir(join(gitDirectory, place), { withFileTypes: true }).catch(absent);
  if (entries === undefined) return (await isFile(gitDirectory, place)) ? [place] : [];
  const below = entries.map(async (entry) => {
    const name = `${place}/${entry.name}`;
    if (entry.isDirectory()) return filesBelow(gitDirectory, name);
    if (name.endsWith('.lock')) return [];
    if (!entry.isFile() || !plainName.test(name)) throw new Unusual();
    return [name];
  });
  return (await Promise.all(below)).flat();
}

/** What is no folder is a ref, or nothing. */
function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}

async function isFile(gitDirectory: string, name: string): Promise<boolean> {
  return (await textOf(join(gitDirectory, name))) !== undefined;
}

async function packedRefs(
  gitDirectory: string,
  places: readonly string[],
): Promise<readonly (readonly [string, string])[]> {
  const text = (await textOf(join(gitDirectory, 'packed-refs'))) ?? '';
  const lines = text.split('\n').filter((line) => /^[^#^]/.test(line));
  return lines.flatMap((line) => {
    const [, value, name] = /^([0-9a-f]{40}) (refs\/\S+)$/.exec(line) ?? [];
    if (value === undefined || name === undefined) throw new Unusual();
    return places.some((p) => name === p || name.startsWith(`${p}/`)) ? [[name, value]] : [];
  });
}

/** Of a regular file; undefined where there is nothing, and for a folder. A link is not followed, a pipe not waited for. */
async function textOf(path: string): Promise<string | undefined> {
  const flag = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  return readFile(path, { flag, encoding: 'latin1' }).catch(noFile);
}

function noFile(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'EISDIR') return undefined;
  throw error;
}
