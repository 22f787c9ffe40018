import { Fault, nevraText, type SignatureException, type Weakness } from '../model/index.ts';
import { excuses } from './exceptions.ts';
import type { Keyring } from './keyring.ts';
import type { Inspection } from './package-scan.ts';
import type { RawSignature } from './package-signatures.ts';
import { judgeSignature, type SignatureVerdict } from './signature-verdict.ts';

/** What an upstream demands of its packages. */
export interface SignatureRules {
  /** False skips signatures; digests were checked all the same. */
  readonly required: boolean;
  readonly exceptions: readonly SignatureException[];
  /** Seconds since 1970. */
  readonly now: number;
  /** The package's digest comes from metadata that is itself signed and fresh. */
  readonly metadataPinned: boolean;
}

export type Verdict =
  | {
      readonly kind: 'accepted';
      /** Full fingerprint of the primary key; absent when no signature was needed. */
      readonly signedBy?: string;
      /** Weaknesses that were looked over, to be reported. */
      readonly excused: readonly Weakness[];
    }
  | { readonly kind: 'refused'; readonly fault: Fault };

/**
 * Decides whether a package's signatures are good enough: at least one must count and reach the payload. Others that do
 * not count are ignored, as packages are signed by several keys during a rotation.
 */
export function judgePackage(
  inspection: Inspection,
  keyring: Keyring,
  rules: SignatureRules,
): Verdict {
  if (!rules.required) return { kind: 'accepted', excused: [] };
  const object = nevraText(inspection.detail);
  const names = [inspection.detail.name, object];
  const excused = (weakness: Weakness): boolean =>
    excuses(rules.exceptions, weakness, { names, now: rules.now });
  if (inspection.signatures.length === 0) {
    if (excused('unsigned')) return { kind: 'accepted', excused: ['unsigned'] };
    return { kind: 'refused', fault: unsigned(object, 'not signed', 'no signature') };
  }
  const reaching = inspection.signatures.filter((s) => reachesPayload(s, inspection));
  if (reaching.length === 0) {
    if (excused('unsigned')) return { kind: 'accepted', excused: ['unsigned'] };
    const found = 'a signature over the header, which has no digest of the payload';
    return { kind: 'refused', fault: unsigned(object, 'signature covers the payload', found) };
  }
  const keyMustBeGood = rules.metadataPinned ? 'then' : 'now';
  return best(
    reaching.map(({ signature, digest }) =>
      judgeSignature(keyring, {
        object,
        signature,
        digest,
        now: rules.now,
        keyMustBeGood,
        excused,
      }),
    ),
  );
}

/** A header signature covers the payload only through a digest in that header. */
function reachesPayload(raw: RawSignature, inspection: Inspection): boolean {
  return raw.covers === 'header+payload' || inspection.digests.payloadInHeader;
}

function unsigned(object: string, check: string, found: string): Fault {
  return new Fault('PackageUnsigned', {
    object,
    check,
    expected: 'a signature by a pinned key',
    found,
    fix:
      'Ask the vendor for a signed package, leave it out with exclude, or add {allow: unsigned, packages: […], ' +
      "until: …, reason: …} to the upstream's exceptions.",
  });
}

/** The acceptance with the fewest excuses, else the fault that tells most. */
function best(verdicts: readonly SignatureVerdict[]): Verdict {
  const [strongest] = verdicts
    .flatMap((v) => (v.kind === 'counts' ? [v] : []))
    .toSorted((a, b) => a.weaknesses.length - b.weaknesses.length);
  if (strongest !== undefined) {
    const signedBy = strongest.key.primary.key.fingerprint;
    return { kind: 'accepted', signedBy, excused: strongest.weaknesses };
  }
  const faults = verdicts.flatMap((v) => (v.kind === 'refused' ? [v.fault] : []));
  const ranks = ['KeyUnusable', 'SignatureWeak', 'SignatureInvalid'];
  const [fault] = faults.toSorted((a, b) => ranks.indexOf(b.code) - ranks.indexOf(a.code));
  if (fault === undefined) throw new Error('a package without signatures was not refused');
  return { kind: 'refused', fault };
}
