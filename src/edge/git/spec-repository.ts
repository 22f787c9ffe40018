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
    ...{ url: where.url, branch: where.branch, fileBytes: where.maxBytes, clock },
    state: join(state, 'specs', where.upstream),
    identity: { name: 'sluice', email: 'sluice@localhost' },
  };
  const place = policyPlace(options);
  const git: PolicyGit = policyGit(options);
  return {
    fetch: (accepted) => git.fetch(accepted).catch((error) => Promise.reject(told(where, error))),
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
function told({ upstream, url, branch }: Where, error: unknown): unknown {
  if (!(error instanceof Fault)) return error;
  const { found, expected } = error;
  const code = tellsOfPolicy[error.code];
  if (code === undefined) return error;
  // git itself says only that its helper was ended; SIGXFSZ has this number on every Linux.
  const large = /died of signal 25\b|file size limit/i.test(found ?? '');
  return new Fault(large ? 'TransferTooLarge' : code, {
    object: `upstream ${upstream} (${url}, branch ${branch})`,
    check: error.check.replace(/policy repository|watched branch/, 'repository of specs'),
    ...(expected === undefined ? {} : { expected }),
    ...(found === undefined ? {} : { found }),
    fix: large
      ? `Raise limits.maxPackageSize of upstream ${upstream}, or keep large files out of git and name them in sources.`
      : code === 'SpecHistoryRewritten'
        ? `Push the commit back; if the new history is meant: sluice acknowledge upstream/${upstream}`
        : `Look at url and git.branch of upstream ${upstream}, at the network and the rights; its last snapshot stays.`,
    cause: error,
  });
}
