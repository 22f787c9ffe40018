import { type CommitId, Fault } from '../model/index.ts';
import type { Ports, SignedPayload } from '../ports.ts';
import { type Keyring, readKeyring, verifyDetached } from '../rpm/index.ts';
import type { RulesAt } from './rules-at.ts';

export type Signer =
  | { readonly person: string }
  | { readonly code: 'CommitUnsigned' | 'CommitSignatureRefused'; readonly problem: string };

type SignerPorts = Pick<Ports, 'policyGit' | 'clock'>;

/**
 * The person in access.yaml whose key signed the commit. Author and committer are text that anybody can write; they are
 * not looked at.
 */
export async function signerOf(
  ports: SignerPorts,
  commit: CommitId,
  rules: RulesAt,
): Promise<Signer> {
  const signed = await ports.policyGit.signedPayload(commit);
  if (signed === undefined) return { code: 'CommitUnsigned', problem: 'it is unsigned' };
  return signerOfPayload(ports, signed, rules);
}

/** Whose key signed these bytes, by the same rules. */
export async function signerOfPayload(
  { policyGit, clock }: SignerPorts,
  signed: SignedPayload,
  rules: RulesAt,
): Promise<Signer> {
  if (signed.signature.startsWith('-----BEGIN SSH SIGNATURE-----')) {
    return sshSigner({ policyGit, clock }, signed, rules);
  }
  if (signed.signature.startsWith('-----BEGIN PGP SIGNATURE-----')) {
    return openpgpSigner(signed, rules, clock.now());
  }
  return refused('its signature is neither OpenPGP nor SSH');
}

const refused = (problem: string): Signer => ({ code: 'CommitSignatureRefused', problem });

async function openpgpSigner(signed: SignedPayload, rules: RulesAt, now: number): Promise<Signer> {
  const keyring = await keyringOf(rules);
  try {
    const { fingerprint } = await verifyDetached(
      { armored: signed.signature, bytes: signed.payload },
      keyring,
      { now, exceptions: [], object: 'the commit' },
    );
    const owner = ownerOf(rules, fingerprint);
    return owner === undefined ? refused(unknownKey(fingerprint)) : { person: owner };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (error.code === 'KeyNotPinned') return refused(unknownKey(error.found ?? 'no issuer named'));
    const found = error.found === undefined ? '' : ` (${error.found})`;
    return refused(`its signature fails the check "${error.check}"${found}`);
  }
}

const unknownKey = (key: string): string =>
  `it is signed with the key ${key}, which belongs to nobody in access.yaml`;

const ownerOf = (rules: RulesAt, fingerprint: string): string | undefined =>
  [...(rules.access?.people.values() ?? [])].find((p) =>
    p.openpgp.some((k) => k.fingerprint === fingerprint),
  )?.name;

/** Only the keys that people list; what else a key file holds does not count, and a damaged one is nobody's. */
async function keyringOf(rules: RulesAt): Promise<Keyring> {
  const listed = [...(rules.access?.people.values() ?? [])].flatMap((p) => p.openpgp);
  const rings = await Promise.all(
    rules.keyFiles.map(async (file) => {
      const ring = await readKeyring([file]).catch((error: unknown) => {
        if (error instanceof Fault) return { keys: [] };
        throw error;
      });
      const own = new Set(listed.filter((k) => k.key === file.path).map((k) => k.fingerprint));
      return ring.keys.filter((k) => own.has(k.primary.key.fingerprint));
    }),
  );
  return { keys: rings.flat() };
}

async function sshSigner(
  { policyGit, clock }: SignerPorts,
  signed: SignedPayload,
  rules: RulesAt,
): Promise<Signer> {
  const keys = [...(rules.access?.people.values() ?? [])].flatMap((p) =>
    p.ssh.map(({ key, until }) => ({ key, until, person: p.name })),
  );
  const verdict = await policyGit.verifySsh(
    signed,
    keys.map((k) => k.key),
  );
  if (verdict.kind === 'broken') return refused(`its SSH signature is not good: ${verdict.found}`);
  if (verdict.kind === 'unknown') return refused(unknownKey(verdict.found));
  const owner = keys.find((k) => k.key === verdict.key);
  if (owner === undefined) return refused(unknownKey(verdict.key));
  if (owner.until !== undefined && clock.now() >= endOfDay(owner.until)) {
    return refused(`the SSH key of ${owner.person} expired at the end of ${owner.until}`);
  }
  return { person: owner.person };
}

/** The first second after a day in UTC. */
const endOfDay = (day: string): number => Date.parse(`${day}T00:00:00Z`) / 1000 + 86_400;
