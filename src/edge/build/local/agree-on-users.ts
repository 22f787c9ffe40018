import { writeFile } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { installerUsers } from './sandbox-command.ts';

/**
 * Gives a namespace that bubblewrap has just made its users: bubblewrap says which process is the first in it and waits
 * (`--info-fd`, `--userns-block-fd`). Only root may do this; see user_namespaces(7).
 */
export async function agreeOnUsers(pipes: {
  readonly info: Readable;
  readonly block: Writable;
}): Promise<void> {
  const pid = await firstProcess(pipes.info);
  const map = `0 ${installerUsers.first} ${installerUsers.count}`;
  await writeFile(`/proc/${pid}/uid_map`, map, { flag: 'r+' });
  await writeFile(`/proc/${pid}/gid_map`, map, { flag: 'r+' });
  pipes.block.end('x');
}

/** The pipe stays open: bubblewrap has more to say, and would die of nobody listening. */
function firstProcess(info: Readable): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    info.on('data', (chunk) => {
      text += String(chunk);
      const pid = /"child-pid": (\d+)\s*[,}]/.exec(text)?.[1];
      if (pid !== undefined) resolve(pid);
    });
    info.once('end', () => reject(new Error('bubblewrap ended before it named its child')));
  });
}
