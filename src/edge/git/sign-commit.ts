import type { CommitId } from '../../model/index.ts';
import { trustModeOf } from '../../policy/index.ts';
import { commitLinks } from './loose-commits.ts';
import { ifLoose } from './loose-objects.ts';
import { looseFile } from './loose-trees.ts';
import type { PolicyPlace } from './policy-place.ts';
import { objectName } from './run-git.ts';

/** Signs the bytes of a commit; `seconds` is its date. Answers an armored, detached signature. */
export type CommitSigner = (payload: Uint8Array, seconds: number) => Promise<string>;

/** Does this commit's policy demand that the ones after it are signed? */
export async function demandsSignatures(
  place: PolicyPlace,
  directory: string,
  commit: CommitId,
): Promise<boolean> {
  const text = await siteFile(place, directory, commit);
  return text !== undefined && (trustModeOf(text.toString('utf8')) ?? 'open') !== 'open';
}

async function siteFile(
  place: PolicyPlace,
  directory: string,
  commit: CommitId,
): Promise<Buffer | undefined> {
  const here = [directory, place.mirror];
  const loose = ifLoose(() => looseFile(here, commitLinks(here, commit).tree, 'sluice.yaml'));
  if (loose !== undefined) return loose;
  const args = ['cat-file', 'blob', `${commit}:sluice.yaml`];
  const answer = await place.git({ directory, args, allow: [128] });
  return answer.exitCode === 0 ? answer.stdout : undefined;
}

/** The same commit with a signature in it, as `git commit -S` writes it. fast-import cannot do that itself. */
export async function signCommit(
  place: PolicyPlace,
  at: { readonly directory: string; readonly commit: CommitId },
  sign: CommitSigner,
): Promise<CommitId> {
  const { directory, commit } = at;
  const read = ['cat-file', 'commit', commit];
  const raw = (await place.git({ directory, args: read })).stdout;
  const text = raw.toString('latin1');
  const seconds = Number(/^committer .* (\d+) [+-]\d{4}$/m.exec(text)?.[1] ?? 0);
  const armored = (await sign(raw, seconds)).replaceAll('\r', '').trimEnd();
  const header = commit.length === 64 ? 'gpgsig-sha256' : 'gpgsig';
  const lines = `${header} ${armored.replaceAll('\n', '\n ')}`;
  const end = text.indexOf('\n\n');
  const signed = `${text.slice(0, end)}\n${lines}${text.slice(end)}`;
  const args = ['hash-object', '-t', 'commit', '-w', '--stdin'];
  const input = [Buffer.from(signed, 'latin1')];
  return objectName(await place.git({ directory, args, input }), 'the signed commit') as CommitId;
}
