import { existsSync } from 'node:fs';
import type { CommitId } from '../../model/index.ts';
import type { PolicyGit } from '../../ports.ts';
import { commitToWatched } from './commit-to-watched.ts';
import { appendLog, listLog, readLog, takeOverLog } from './generation-log.ts';
import { fetchIntoMirror, refValue, setRef } from './mirror.ts';
import { otherHistories } from './other-histories.ts';
import { type PolicyGitOptions, type PolicyPlace, policyPlace } from './policy-place.ts';
import { prepareMirror } from './prepare-mirror.ts';
import { checkFree } from './push.ts';
import {
  changedPaths,
  firstParents,
  isAncestor,
  mirrorReader,
  oneCommit,
  resolveRevision,
} from './read-mirror.ts';
import type { CommitSigner } from './sign-commit.ts';
import { signedPayload } from './signed-payload.ts';
import { tidy } from './tidy.ts';
import { verifySsh } from './verify-ssh.ts';

const fetchesBetweenTidying = 200;

export interface PolicyGitPorts {
  readonly sign?: CommitSigner;
  /** Hears, once, of what somebody put into the mirror and git is told to ignore. */
  readonly warn?: (text: string) => void;
}

/** The policy repository through the `git` program (fetch, judge, push) and isomorphic-git (reading accepted files). */
export function policyGit(options: PolicyGitOptions & PolicyGitPorts): PolicyGit {
  const place = policyPlace(options);
  const reader = mirrorReader(place);
  const branch = `refs/heads/${place.branch}`;
  let fetches = 0;
  let told = '';
  const tellOfOtherHistories = async () => {
    const odd = (await otherHistories(place.mirror)).join(', ');
    if (odd !== '' && odd !== told) options.warn?.(ignored(place, odd));
    told = odd;
  };
  return {
    fetch: async (accepted) => {
      await tellOfOtherHistories();
      // Reading everything once a day finds bytes that rotted; only the writer pays for it.
      await prepareMirror(place, accepted, accepted !== undefined);
      if (accepted !== undefined && fetches++ % fetchesBetweenTidying === 0) await tidyAll(place);
      const head = await fetchIntoMirror(place, accepted);
      reader.forget();
      return head;
    },
    accept: async (commit) => {
      const before = (await refValue(place, branch)) as CommitId | undefined;
      // A history that was acknowledged away stays readable for `trace` and `history`.
      if (before !== undefined && !(await isAncestor(place, before, commit))) {
        await setRef(place, `refs/sluice/kept/${before}`, before);
      }
      await setRef(place, branch, commit);
    },
    isAncestor: (ancestor, commit) => isAncestor(place, ancestor, commit),
    firstParents: (from, to) => firstParents(place, from, to),
    commit: (id) => oneCommit(place, id),
    resolve: (revision) => resolveRevision(place, revision),
    files: reader.files,
    readText: reader.readText,
    changedPaths: (from, to) => changedPaths(place, from, to),
    signedPayload: (commit) => signedPayload(place, place.mirror, commit),
    verifySsh: (signed, keys) => verifySsh(place, signed, keys),
    checkFree: () => checkFree(place),
    commitToWatched: (parent, message, changes) =>
      commitToWatched(place, { parent, message, changes }, options.sign),
    readLog: (path) => readLog(place, path),
    listLog: (prefix) => listLog(place, prefix),
    appendLog: async (message, files, how) => {
      if (how?.takeOver === true) await takeOverLog(place);
      await appendLog(place, message, files);
    },
  };
}

const ignored = ({ mirror }: PolicyPlace, odd: string): string =>
  `${mirror}, the local copy of the policy repository, has ${odd}: that tells another history than its commits do and is ignored. Find out who wrote there, then delete the copy; the next pass fetches it anew.`;

async function tidyAll(place: PolicyPlace): Promise<void> {
  await tidy(place, place.mirror);
  if (existsSync(place.clone)) await tidy(place, place.clone);
}
