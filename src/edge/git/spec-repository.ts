import { join } from 'node:path';
import { type Code, Fault } from '../../model/index.ts';
import type { Clock, PolicyGit, SpecRepository, Specs } from '../../ports.ts';
import { policyGit } from './policy-git.ts';
import { policyPlace } from './policy-place.ts';
import { lastChange, mirrorReader, readBytes } from './read-mirror.ts';

type Where = Parameters<Specs['repository']>[0];

/**
 * A git repository of specs, fetched and checked as the policy repository is: into quarantine first, every object, with
 * a mirror of its own at `<state>/specs/<upstream>`. Nothing is ever pushed there.
 */
export function specRepository(
  { state, clock }: { readonly state: string; readonly clock: Clock },
  where: Where,
): SpecRepository {
  const options = {
    // The mirror's own branch has one name, whatever is followed.
    ...{ url: where.url, branch: 'specs', watched: where.ref, fileBytes: where.maxBytes, clock },
    state: join(state, 'specs', where.upstream),
    identity: { name: 'sluice', email: 'sluice@localhost' },
  };
  const place = policyPlace(options);
  const git: PolicyGit = policyGit(options);
  return {
    fetch: async (accepted) => {
      try {
        const head = await git.fetch(accepted);
        // An annotated tag is an object of its own.
        return (await git.resolve(head)) ?? head;
      } catch (error) {
        throw told(where, { error, isKnown: accepted !== undefined });
      }
    },
    accept: git.accept,
    isAncestor: git.isAncestor,
    firstParents: git.firstParents,
    files: mirrorReader(place).files,
    signedPayload: git.signedPayload,
    verifySsh: git.verifySsh,
    readBytes: (file) => readBytes(place, file),
    lastChange: (commit, paths) => lastChange(place, commit, paths),
  };
}

const tellsOfPolicy: Readonly<Partial<Record<Code, Code>>> = {
  PolicyUnavailable: 'UpstreamUnavailable',
  HistoryRewritten: 'SpecHistoryRewritten',
  NotYet: 'NotYet',
};

/** What fetching says of the policy repository, said of this one. */
function told(
  { upstream, url, ref }: Where,
  { error, isKnown }: { readonly error: unknown; readonly isKnown: boolean },
): unknown {
  if (!(error instanceof Fault)) return error;
  const { found, expected } = error;
  const known = tellsOfPolicy[error.code];
  if (known === undefined) return error;
  // What another branch or tag had before says nothing about this one.
  const code = known === 'SpecHistoryRewritten' && !isKnown ? 'UpstreamUnavailable' : known;
  // git itself says only that its helper was ended; SIGXFSZ has this number on every Linux.
  const large = /died of signal 25\b|file size limit/i.test(found ?? '');
  return new Fault(large ? 'TransferTooLarge' : code, {
    object: `upstream ${upstream} (${url}, ${ref})`,
    check: error.check
      .replace('the policy repository', 'the repository of specs')
      .replace(/the watched branch \S+/, ref),
    ...(expected === undefined ? {} : { expected }),
    ...(found === undefined ? {} : { found }),
    fix: large
      ? `Raise limits.maxPackageSize of upstream ${upstream}, or keep large files out of git and name them in sources.`
      : code === 'SpecHistoryRewritten'
        ? `Push the commit back; if the new history is meant: sluice acknowledge upstream/${upstream}`
        : `Look at url and git of upstream ${upstream}, at the network and the rights; its last snapshot stays.`,
    cause: error,
  });
}
