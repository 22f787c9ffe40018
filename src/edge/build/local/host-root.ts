import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mount } from './sandbox-command.ts';

const shown = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];
/** Of /etc only what programs need to be found and started; nothing that anybody keeps a secret in. */
const settings = ['/etc/alternatives', '/etc/rpm', '/etc/ld.so.cache', '/etc/ld.so.conf.d'];

/** The machine's programs, read-only. Links such as `/bin` stay links. */
export async function hostRoot(): Promise<readonly Mount[]> {
  const mounts: Mount[] = [];
  for (const path of [...shown, ...settings]) {
    const found = await lstat(path).catch(() => undefined);
    if (found?.isSymbolicLink()) {
      mounts.push({ kind: 'link', target: await readlink(path), to: path });
    } else if (found) mounts.push({ kind: 'read-only', from: path, to: path });
  }
  return mounts;
}

/** Folders that a sandbox has of its own, whatever a root has in their place. */
const own: ReadonlySet<string> = new Set(['builddir', 'dev', 'proc', 'run', 'sys', 'tmp']);

/** A root that was composed, read-only. */
export async function composedRoot(directory: string): Promise<readonly Mount[]> {
  const mounts: Mount[] = [];
  for (const name of await readdir(directory)) {
    if (own.has(name)) continue;
    const from = join(directory, name);
    const to = `/${name}`;
    const found = await lstat(from);
    if (found.isSymbolicLink()) mounts.push({ kind: 'link', target: await readlink(from), to });
    else if (found.isDirectory()) mounts.push({ kind: 'read-only', from, to });
  }
  return mounts;
}

/** Accounts of a sandbox on the machine's own programs; a composed root has its own. */
export const accounts = {
  '/etc/passwd':
    'root:x:0:0:root:/root:/bin/sh\nbuilder:x:1000:1000:builder:/builddir:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
  '/etc/group': 'root:x:0:\nbuilder:x:1000:\nnogroup:x:65534:\n',
} as const;
