import type { CommitId } from '../../model/index.ts';
import type { SignedPayload } from '../../ports.ts';
import { ifLoose, looseOf } from './loose-objects.ts';
import type { PolicyPlace } from './policy-place.ts';

/**
 * Takes a commit apart as git itself does: the signature is the header `gpgsig` (`gpgsig-sha256` in a sha256
 * repository), and what is signed is everything but those two headers, byte for byte.
 */
export async function signedPayload(
  place: PolicyPlace,
  directory: string,
  commit: CommitId,
): Promise<SignedPayload | undefined> {
  const args = ['cat-file', 'commit', commit];
  const raw =
    ifLoose(() => looseOf([directory], commit, 'commit')) ??
    (await place.git({ directory, args })).stdout;
  return splitSignature(raw, commit.length === 64 ? 'gpgsig-sha256' : 'gpgsig');
}

/** latin1 keeps every byte. */
export function splitSignature(raw: Buffer, header: string): SignedPayload | undefined {
  const text = raw.toString('latin1');
  const end = text.indexOf('\n\n');
  const kept: string[] = [];
  const signatures: string[][] = [];
  let into: string[] | undefined;
  for (const line of text.slice(0, end < 0 ? undefined : end).split('\n')) {
    const name = line.slice(0, line.indexOf(' '));
    if (line.startsWith(' ') && into !== undefined) into.push(line.slice(1));
    else if (name === 'gpgsig' || name === 'gpgsig-sha256') {
      into = [line.slice(name.length + 1)];
      if (name === header) signatures.push(into);
    } else {
      into = undefined;
      kept.push(line);
    }
  }
  const [signature, second] = signatures;
  // Two signatures could be read differently by different programs; such a commit counts as unsigned.
  if (signature === undefined || second !== undefined) return undefined;
  const rest = end < 0 ? '' : text.slice(end);
  return {
    payload: Buffer.from(`${kept.join('\n')}${rest}`, 'latin1'),
    signature: `${signature.join('\n')}\n`,
  };
}
