import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../../model/index.ts';
import { writeText } from '../../git/index.ts';
import type { PullRequests } from './pull-request.ts';

/** A controller that runs for long asks again after so many looks. */
const looksBetween = 50;

/**
 * A name can change hands: its repository is renamed or transferred, and somebody else takes the name. The number stays,
 * so the first one that is met is written down, and another one halts before anything that it says counts.
 */
export function pinnedRepository(
  state: string,
  api: Pick<PullRequests, 'forge' | 'repository'>,
): () => Promise<void> {
  const file = join(state, 'forge-repository');
  let looks = 0;
  return async () => {
    if (looks % looksBetween === 0) await check(file, api);
    looks++;
  };
}

async function check(file: string, api: Pick<PullRequests, 'forge' | 'repository'>): Promise<void> {
  const now = `${api.forge} ${await api.repository()}`;
  const known = (await readFile(file, 'utf8').catch(() => undefined))?.trim();
  if (known === undefined || known === '') return writeText(file, `${now}\n`);
  if (known === now) return;
  throw new Fault('ForgeMoved', {
    object: 'the repository on the forge',
    check: 'it is the one that this installation met first, by its number',
    expected: known,
    found: now,
    fix: `Find out who has the name now. Where the new repository is yours: rm ${file}`,
  });
}
