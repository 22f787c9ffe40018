import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Digested, Disk, Piece, Staged } from '../../src/ports.ts';
import { Died, refused, type Trouble } from './trouble.ts';

type Node =
  | { readonly kind: 'file'; inode: { bytes: Uint8Array } }
  | { readonly kind: 'directory' }
  | { readonly kind: 'symlink'; readonly target: string };

export interface MemoryDisk extends Disk {
  readonly nodes: Map<string, Node>;
  /** Changes so far. */
  count(): number;
  trouble(trouble: Trouble | undefined): void;
}

/** A file system in memory, with hard links and symlinks, on which any change can fail or be the last. */
export function memoryDisk(
  nodes = new Map<string, Node>([['/', { kind: 'directory' }]]),
): MemoryDisk {
  let changes = 0;
  let trouble: Trouble | undefined;
  let stages = 0;

  /** One change: may be refused before, torn, or die after. */
  const change = (operation: string, path: string, act: () => void, half?: () => void): void => {
    changes += 1;
    const wrong = trouble?.before?.(operation, path, changes);
    if (wrong === 'half') {
      half?.();
      throw new Died(`${operation} ${path}`);
    }
    if (wrong) throw wrong;
    act();
    const late = trouble?.after?.(operation, path, changes);
    if (late) throw late;
  };

  const directories = (path: string): void => {
    if (nodes.get(path)?.kind === 'directory') return;
    if (nodes.has(path)) throw refused('ENOTDIR', path);
    directories(dirname(path));
    change('mkdir', path, () => nodes.set(path, { kind: 'directory' }));
  };
  const inner = (path: string): string[] =>
    [...nodes.keys()].filter((p) => p.startsWith(path === '/' ? '/' : `${path}/`));
  const drop = (path: string): void => {
    for (const p of inner(path)) nodes.delete(p);
    nodes.delete(path);
  };
  /** Follows symlinks in folders and at the end. */
  const real = (path: string, depth = 0): string => {
    if (path === '/' || depth > 20) return path;
    const parent = real(dirname(path), depth + 1);
    const at = join(parent, path.slice(path.lastIndexOf('/') + 1));
    const node = nodes.get(at);
    return node?.kind === 'symlink' ? real(join(parent, node.target), depth + 1) : at;
  };
  const fileAt = (path: string) => {
    const node = nodes.get(real(path));
    return node?.kind === 'file' ? node.inode : undefined;
  };
  const mustRead = (path: string): Uint8Array => {
    const found = fileAt(path);
    if (!found) throw refused('ENOENT', path);
    return found.bytes;
  };
  const move = (from: string, to: string): void => {
    if (!nodes.has(from)) throw refused('ENOENT', from);
    for (const p of [from, ...inner(from)]) {
      const node = nodes.get(p);
      nodes.delete(p);
      if (node) nodes.set(`${to}${p.slice(from.length)}`, node);
    }
  };

  const stage = async (directory: string): Promise<Staged> => {
    directories(directory);
    stages += 1;
    const path = join(directory, `stage-${stages}-${changes}`);
    const inode = { bytes: new Uint8Array() };
    change('create', path, () => nodes.set(path, { kind: 'file', inode }));
    return {
      path,
      write: async (bytes) =>
        change(
          'write',
          path,
          () => {
            inode.bytes = Buffer.concat([inode.bytes, bytes]);
          },
          () => {
            inode.bytes = Buffer.concat([inode.bytes, bytes.subarray(0, bytes.length / 2)]);
          },
        ),
      keep: async (final) => {
        directories(dirname(final));
        const exists = nodes.has(final);
        if (!exists) change('link', final, () => nodes.set(final, { kind: 'file', inode }));
        change('unlink', path, () => nodes.delete(path));
        return exists ? 'already' : 'kept';
      },
      flush: async () => undefined,
      leave: async () => undefined,
      discard: async () => change('unlink', path, () => nodes.delete(path)),
    };
  };
  const linkOne = (existing: string, path: string): void => {
    directories(dirname(path));
    const node = nodes.get(existing);
    if (node?.kind !== 'file') throw refused('ENOENT', existing);
    change('link', path, () => nodes.set(path, node));
  };

  const keepOne = (staged: string, path: string): 'kept' | 'already' => {
    if (nodes.has(path)) return 'already';
    directories(dirname(path));
    change('rename', path, () => move(staged, path));
    return 'kept';
  };

  const digested = (pieces: readonly Piece[]): Digested => {
    const damaged: number[] = [];
    const parts = pieces.map((piece, n) => {
      if ('bytes' in piece) return piece.bytes;
      const { path, offset = 0, sizeBytes } = piece;
      const all = fileAt(path)?.bytes ?? new Uint8Array();
      const bytes = all.subarray(offset, offset + sizeBytes);
      const isWhole = (piece.offset === undefined ? all : bytes).length === sizeBytes;
      if (!isWhole || (piece.crc32 ?? crc32(bytes)) !== crc32(bytes)) damaged.push(n);
      return bytes;
    });
    const whole = Buffer.concat(parts);
    const sha256 = createHash('sha256').update(whole).digest('hex');
    return { sha256, sizeBytes: whole.length, damaged };
  };

  return {
    nodes,
    count: () => changes,
    trouble: (t) => {
      trouble = t;
      changes = 0;
    },
    read: async (path) => fileAt(path)?.bytes,
    readRange: async (path, offset, length) => mustRead(path).subarray(offset, offset + length),
    chunks: async function* (path) {
      yield mustRead(path);
    },
    readEach: async function* (paths) {
      for (const path of paths) yield fileAt(path)?.bytes;
    },
    digest: (async (lists) => lists.map(digested)) as Disk['digest'],
    sizes: async (paths) =>
      [...paths].map((path) => {
        const node = nodes.get(join(real(dirname(path)), path.slice(path.lastIndexOf('/') + 1)));
        return node?.kind === 'file' ? node.inode.bytes.length : undefined;
      }),
    openUntrusted: async (path) => {
      const node = nodes.get(path);
      const bytes = node?.kind === 'file' ? node.inode.bytes : new Uint8Array();
      return (
        node && {
          kind: node.kind,
          sizeBytes: bytes.length,
          links: 1,
          chunks: async function* () {
            yield bytes;
          },
          close: async () => undefined,
        }
      );
    },
    list: async (path) => {
      const at = real(path);
      const names = inner(at).map((p) => p.slice(at === '/' ? 1 : at.length + 1));
      return names.filter((n) => !n.includes('/')).toSorted();
    },
    stat: async (path) => {
      const node = nodes.get(join(real(dirname(path)), path.slice(path.lastIndexOf('/') + 1)));
      if (node?.kind !== 'file') return node && { kind: node.kind, sizeBytes: 0, links: 1 };
      const same = (n: Node) => n.kind === 'file' && n.inode === node.inode;
      const links = [...nodes.values()].filter(same).length;
      return { kind: node.kind, sizeBytes: node.inode.bytes.length, links };
    },
    readLink: async (path) => {
      const node = nodes.get(path);
      return node?.kind === 'symlink' ? node.target : undefined;
    },
    replace: async (path, bytes) => {
      directories(dirname(path));
      const temporary = join(dirname(path), `.${path.slice(path.lastIndexOf('/') + 1)}.new`);
      const inode = { bytes: new Uint8Array() };
      const whole = Buffer.from(bytes);
      change('create', temporary, () => nodes.set(temporary, { kind: 'file', inode }));
      change(
        'write',
        temporary,
        () => {
          inode.bytes = whole;
        },
        () => {
          inode.bytes = whole.subarray(0, whole.length / 2);
        },
      );
      change('rename', path, () => move(temporary, path));
    },
    append: async (path, bytes) => {
      directories(dirname(path));
      if (!nodes.has(path)) {
        change('create', path, () =>
          nodes.set(path, { kind: 'file', inode: { bytes: new Uint8Array() } }),
        );
      }
      const inode = fileAt(path);
      if (!inode) throw refused('EISDIR', path);
      const more = Buffer.from(bytes);
      const write = (part: Uint8Array) => () => {
        inode.bytes = Buffer.concat([inode.bytes, part]);
      };
      change('append', path, write(more), write(more.subarray(0, more.length / 2)));
    },
    truncate: async (path, sizeBytes) =>
      change('truncate', path, () => {
        const inode = fileAt(path);
        if (!inode) throw refused('ENOENT', path);
        inode.bytes = inode.bytes.subarray(0, sizeBytes);
      }),
    stage,
    keepAll: async (files) => files.map(({ staged, path }) => keepOne(staged, path)),
    makeDirectory: async (path) => directories(path),
    linkAll: async (links) => {
      for (const { existing, path } of links) if (!nodes.has(path)) linkOne(existing, path);
    },
    link: async (existing, path) => {
      if (nodes.has(path)) throw refused('EEXIST', path);
      linkOne(existing, path);
    },
    symlink: async (target, path) => {
      directories(dirname(path));
      if (nodes.has(path)) throw refused('EEXIST', path);
      change('symlink', path, () => nodes.set(path, { kind: 'symlink', target }));
    },
    rename: async (from, to) => {
      directories(dirname(to));
      if (nodes.get(to)?.kind === 'directory') throw refused('ENOTEMPTY', to);
      change('rename', to, () => move(from, to));
    },
    syncTree: async () => undefined,
    remove: async (path) => {
      if (nodes.has(path)) change('remove', path, () => drop(path));
    },
    freeBytes: async () => 1e12,
  };
}

/** The same files on another disk; hard links stay hard links. */
export function copyOf(disk: MemoryDisk): MemoryDisk {
  const inodes = new Map<object, { bytes: Uint8Array }>();
  const nodes = new Map<string, Node>();
  for (const [path, node] of disk.nodes) {
    if (node.kind !== 'file') {
      nodes.set(path, node);
      continue;
    }
    const inode = inodes.get(node.inode) ?? { bytes: node.inode.bytes };
    inodes.set(node.inode, inode);
    nodes.set(path, { kind: 'file', inode });
  }
  return memoryDisk(nodes);
}
