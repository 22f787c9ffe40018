import { lstat, readlink } from 'node:fs/promises';
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
    } else if (found) mounts.push({ kind: 'directory', from: path, to: path });
  }
  return mounts;
}

/** The same for a root that was composed: its folders, without those that a sandbox has of its own. */
export const accounts = {
  passwd:
    'root:x:0:0:root:/root:/bin/sh\nbuilder:x:1000:1000:builder:/builddir:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
  group: 'root:x:0:\nbuilder:x:1000:\nnogroup:x:65534:\n',
} as const;
