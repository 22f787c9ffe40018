import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { readPolicyAt } from '../../controller/index.ts';
import type { CommitId } from '../../model/index.ts';
import { Fault } from '../../model/index.ts';
import { readPolicy } from '../../policy/index.ts';
import { locate } from '../config.ts';
import { findingsAnswer } from '../findings-answer.ts';
import { policyCommit } from '../policy-commit.ts';
import { textArgument, textOption, type Verb } from '../verb.ts';
import { openForReading } from '../wire.ts';

export const validateVerb: Verb = {
  arguments: [['[dir]', 'policy repository; the files as they are on disk']],
  options: [['--at <rev>', 'the files of a commit instead']],
  examples: [
    'sluice validate',
    'sluice validate examples/policy-repo',
    'sluice validate --at HEAD',
  ],
  how: {
    needs: 'nothing',
    async run(call) {
      const directory = textArgument(call, 0);
      if (textOption(call, 'at') !== undefined) {
        const site = locate({ ...call.global, ...(directory ? { policy: directory } : {}) });
        const { installation } = await openForReading(site);
        const commit = await policyCommit(installation, call);
        return findingsAnswer((await readPolicyAt(installation.ports, commit)).findings);
      }
      return findingsAnswer(validateDirectory(resolve(directory ?? '.')));
    },
  },
};

function validateDirectory(root: string) {
  const commit = '0'.repeat(40) as CommitId;
  return readPolicy([...policyFiles(root, root)], { id: commit, time: 0 }).findings;
}

/** Regular files below the folder; git's own and links are passed over. */
function* policyFiles(root: string, folder: string): Generator<{ path: string; text: Uint8Array }> {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Fault('NotFound', {
      object: folder,
      check: 'no such folder',
      fix: 'Give the folder of a policy repository.',
    });
  }
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.name === '.git') continue;
    if (entry.isDirectory()) yield* policyFiles(root, path);
    else if (entry.isFile()) yield { path: relative(root, path), text: readFileSync(path) };
  }
}
