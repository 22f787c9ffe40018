import { basename, dirname, join } from 'node:path';
import { type MemoryDisk, memoryDisk } from './memory-disk.ts';
import type { DiskCall } from './recorded-calls.ts';

/** A number from 0 up to, not including, `below`. */
export type Pick = (below: number) => number;

interface File {
  readonly kind: 'file';
  /** What an fsync put on disk. */
  kept: Buffer;
  bytes: Buffer;
}

interface Directory {
  readonly kind: 'directory';
  kept: ReadonlyMap<string, Thing>;
  readonly entries: Map<string, Thing>;
  /** Changes of names since the last fsync of this folder, in their order. */
  pending: ((entries: Map<string, Thing>) => void)[];
}

type Thing = File | Directory | { readonly kind: 'symlink'; readonly target: string };

/**
 * A file system that keeps apart what is on disk and what is only in memory. The power can go at any time: of every
 * file a prefix of what was written since its fsync is there, of every folder a prefix of its changes, each
 * independent of all others. No real file system is worse; ext4 is kinder.
 */
export interface Machine {
  does(call: DiskCall): void;
  /** What the disk holds when the power goes now. */
  cut(pick: Pick): MemoryDisk;
}

/** Starts with everything on `disk` below `root` safely stored. */
export function machineWith(disk: MemoryDisk, root: string): Machine {
  const top = directory();
  for (const [path, node] of [...disk.nodes].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (!path.startsWith(`${root}/`)) continue;
    const thing = node.kind === 'file' ? file(Buffer.from(node.inode.bytes)) : thingOf(node);
    parent(top, path.slice(root.length)).entries.set(basename(path), thing);
  }
  settle(top);
  return {
    does: (call) => apply(top, call),
    cut: (pick) => {
      const nodes: MemoryDisk['nodes'] = new Map([['/', { kind: 'directory' }]]);
      nodes.set(root, { kind: 'directory' });
      write(nodes, root, { from: top, pick });
      return memoryDisk(nodes);
    },
  };
}

const thingOf = (
  node: { readonly kind: 'directory' } | { readonly kind: 'symlink'; readonly target: string },
): Thing => (node.kind === 'directory' ? directory() : node);

function directory(): Directory {
  return { kind: 'directory', kept: new Map(), entries: new Map(), pending: [] };
}

function file(bytes: Buffer): File {
  return { kind: 'file', kept: bytes, bytes };
}

function settle(at: Directory): void {
  at.kept = new Map(at.entries);
  for (const thing of at.entries.values()) if (thing.kind === 'directory') settle(thing);
}

/** A change of names: at once in memory, some time on disk. */
function change(at: Directory, act: (entries: Map<string, Thing>) => void): void {
  act(at.entries);
  at.pending.push(act);
}

function apply(top: Directory, call: DiskCall): void {
  const at = parent(top, call.path);
  const there = at.entries.get(basename(call.path));
  const isFile = there?.kind === 'file';
  if (call.op === 'create') addName(top, call.path, file(Buffer.alloc(0)));
  if (call.op === 'mkdir') addName(top, call.path, directory());
  if (call.op === 'symlink') addName(top, call.path, { kind: 'symlink', target: call.target });
  if (call.op === 'link') addName(top, call.to, there);
  if (call.op === 'remove') change(at, (entries) => entries.delete(basename(call.path)));
  if (call.op === 'rename') rename(top, call);
  if (call.op === 'write' && isFile) there.bytes = Buffer.concat([there.bytes, call.bytes]);
  if (call.op === 'truncate' && isFile) there.bytes = there.bytes.subarray(0, call.sizeBytes);
  if (call.op === 'sync') sync(there ?? top);
}

function addName(top: Directory, path: string, thing: Thing | undefined): void {
  if (thing) change(parent(top, path), (entries) => entries.set(basename(path), thing));
}

/** Within one folder both names change together; between two, the old name may outlive the cut. */
function rename(top: Directory, call: { readonly path: string; readonly to: string }): void {
  const [from, to] = [parent(top, call.path), parent(top, call.to)];
  const [old, name] = [basename(call.path), basename(call.to)];
  const thing = from.entries.get(old);
  if (!thing) throw new Error(`renamed from nowhere: ${call.path}`);
  change(to, (entries) => {
    if (from === to) entries.delete(old);
    entries.set(name, thing);
  });
  if (from !== to) change(from, (entries) => entries.delete(old));
}

function sync(thing: Thing): void {
  if (thing.kind === 'file') thing.kept = thing.bytes;
  if (thing.kind !== 'directory') return;
  thing.kept = new Map(thing.entries);
  thing.pending = [];
}

/** The folder that holds the last name of a path; the root folder is the empty path. */
function parent(top: Directory, path: string): Directory {
  let at = top;
  for (const name of dirname(path).split('/').filter(Boolean)) {
    const next = at.entries.get(name);
    if (next?.kind !== 'directory') throw new Error(`no folder ${name} on the way to ${path}`);
    at = next;
  }
  return at;
}

function write(
  nodes: MemoryDisk['nodes'],
  path: string,
  { from, pick }: { readonly from: Directory; readonly pick: Pick },
): void {
  const entries = new Map(from.kept);
  for (const act of from.pending.slice(0, pick(from.pending.length + 1))) act(entries);
  for (const [name, thing] of entries) {
    const at = join(path, name);
    if (thing.kind === 'directory') {
      nodes.set(at, { kind: 'directory' });
      write(nodes, at, { from: thing, pick });
    } else {
      nodes.set(at, thing.kind === 'file' ? leftOf(thing, pick) : thing);
    }
  }
}

/** A file that grew keeps what was synced and a part of the rest; one that shrank is either. */
function leftOf({ kept, bytes }: File, pick: Pick) {
  const grew = bytes.length >= kept.length;
  const length = grew ? kept.length + pick(bytes.length - kept.length + 1) : 0;
  const left = grew ? bytes.subarray(0, length) : pick(2) === 0 ? kept : bytes;
  return { kind: 'file' as const, inode: { bytes: new Uint8Array(left) } };
}
