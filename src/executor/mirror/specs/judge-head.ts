import { createHash } from 'node:crypto';
import { type CommitId, Fault } from '../../../model/index.ts';
import type { SpecRepository } from '../../../ports.ts';
import { verifyDetached } from '../../../rpm/index.ts';
import type { Sync } from '../job.ts';

export interface Head {
  readonly id: CommitId;
  /** Key of its signature; absent where none is required. */
  readonly signedBy?: string;
}

/**
 * Fetches the branch or tag and judges it: it descends from the commit that was read last, and every commit on its first-parent
 * line since then is signed by a key that the upstream pins. At first contact, and after an operator allowed another
 * history, only the newest commit is.
 */
export async function judgeHead(
  sync: Sync,
  repository: SpecRepository,
  before: CommitId | undefined,
): Promise<Head> {
  const { upstream, job } = sync;
  const free = upstream.git?.rewrites === true || job.acknowledgedRollback === true;
  const known = free ? undefined : before;
  const head = await repository.fetch(known);
  if (known !== undefined && known !== head && !(await repository.isAncestor(known, head))) {
    throw rewritten(sync, known, head);
  }
  if (!upstream.require.metadataSignature) return { id: head };
  const since =
    known === undefined || known === head ? [] : await repository.firstParents(known, head);
  const commits = since.length === 0 ? [head] : since.map((c) => c.id);
  let signedBy = '';
  for (const commit of commits) signedBy = await signerOf(sync, repository, commit);
  return { id: head, signedBy };
}

async function signerOf(sync: Sync, repository: SpecRepository, commit: CommitId): Promise<string> {
  const signed = await repository.signedPayload(commit);
  if (signed === undefined) throw unsigned(sync, { commit, found: 'no signature' });
  if (!signed.signature.startsWith('-----BEGIN SSH SIGNATURE-----')) {
    try {
      const { fingerprint } = await verifyDetached(
        { armored: signed.signature, bytes: signed.payload },
        sync.keyring,
        { now: sync.now, exceptions: [], object: `commit ${commit}` },
      );
      return fingerprint;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const found = `${error.check}: ${error.found ?? 'it fails'}`;
      throw unsigned(sync, { commit, found, cause: error });
    }
  }
  const verdict = await repository.verifySsh(signed, sync.upstream.git?.sshKeys ?? []);
  if (verdict.kind === 'good') return fingerprintOf(verdict.key);
  const found =
    verdict.kind === 'unknown' ? `signed by the SSH key ${verdict.found}` : verdict.found;
  throw unsigned(sync, { commit, found });
}

/** As `ssh-keygen -l` names a key. */
function fingerprintOf(key: string): string {
  const bytes = Buffer.from(key.split(' ')[1] ?? '', 'base64');
  return `SHA256:${createHash('sha256').update(bytes).digest('base64').replace(/=+$/, '')}`;
}

function unsigned(
  { upstream }: Sync,
  about: { readonly commit: CommitId; readonly found: string; readonly cause?: Fault },
): Fault {
  const { commit, found, cause } = about;
  const keys = [...upstream.keys, ...(upstream.git?.sshKeys ?? [])].join(', ');
  return new Fault('SpecCommitRefused', {
    object: `${upstream.name}, commit ${commit}`,
    check: 'the commit is signed by a key that the upstream pins',
    expected: keys === '' ? 'a key' : keys,
    found,
    fix: `Nothing was taken over. If the commit is right: put its key into keys or git.sshKeys of ${upstream.at.file}, or sign the newest commit and run sluice acknowledge upstream/${upstream.name}.`,
    at: upstream.at,
    cause,
  });
}

function rewritten({ upstream }: Sync, before: CommitId, found: CommitId): Fault {
  return new Fault('SpecHistoryRewritten', {
    object: `${upstream.name}, ${upstream.git?.ref ?? ''}`,
    check: 'it descends from the commit that was read before',
    expected: `a descendant of ${before}`,
    found,
    fix: `Push it back; if the new history is meant: sluice acknowledge upstream/${upstream.name}`,
    at: upstream.at,
  });
}
