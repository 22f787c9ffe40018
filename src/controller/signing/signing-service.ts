import { Fault, type FaultReport, type SigningOrder } from '../../model/index.ts';
import type { Clock, Signer } from '../../ports.ts';
import type { SignerView } from './authorised.ts';
import { bytesOfOrder } from './order-bytes.ts';

/** How much the signer does at most. */
export interface SigningLimits {
  /** Signatures in any minute. */
  readonly perMinute: number;
  /** Orders that wait at a time. */
  readonly waiting: number;
}

/** One line of the audit log; written before an answer goes out. */
export interface AuditLine {
  /** Seconds since 1970. */
  readonly time: number;
  readonly verdict: 'signed' | 'refused';
  readonly kind: string;
  /** What was to be signed: a digest, or `<channel>/<generation>`. */
  readonly subject: string;
  readonly channel?: string;
  readonly commit?: string;
  readonly key: string;
  readonly fault?: FaultReport;
}

export interface SigningServiceParts {
  readonly signer: Signer;
  readonly clock: Clock;
  /** The state directory as it is at this moment. */
  readonly view: () => Promise<SignerView>;
  /** On disk when the promise settles. */
  readonly audit: (line: AuditLine) => Promise<void>;
  readonly limits: SigningLimits;
}

/** Signs one order after another, each only if accepted commits say so. Throws `SigningRefused`, `SignerBusy`. */
export function signingService(parts: SigningServiceParts): Pick<Signer, 'sign'> {
  const { clock, limits } = parts;
  let queue: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let recent: number[] = [];
  const admit = (): void => {
    recent = recent.filter((time) => time > clock.now() - 60);
    if (waiting >= limits.waiting) throw busy(`${waiting} orders are waiting`);
    if (recent.length >= limits.perMinute) throw busy(`${recent.length} signatures this minute`);
    recent.push(clock.now());
  };
  return {
    sign: async (order) => {
      admit();
      waiting += 1;
      const mine = queue.then(() => signOne(parts, order));
      queue = mine.catch(() => undefined);
      try {
        return await mine;
      } finally {
        waiting -= 1;
      }
    },
  };
}

async function signOne(parts: SigningServiceParts, order: SigningOrder): Promise<string> {
  try {
    const bytes = await bytesOfOrder(await parts.view(), order);
    const signature = await parts.signer.sign({ ...order, bytes });
    await parts.audit(lineOf(parts, order, 'signed'));
    return signature;
  } catch (error) {
    const fault = error instanceof Fault ? error.toJSON() : undefined;
    await parts.audit({ ...lineOf(parts, order, 'refused'), ...(fault ? { fault } : {}) });
    throw error;
  }
}

function lineOf(
  { clock }: SigningServiceParts,
  { key, purpose }: SigningOrder,
  verdict: AuditLine['verdict'],
): AuditLine {
  const base = { time: clock.now(), verdict, kind: purpose.kind, key };
  if (purpose.kind === 'package') {
    const { channel, commit, entry } = purpose;
    return { ...base, subject: entry.sha256, channel, commit };
  }
  if (purpose.kind === 'trial' || purpose.kind === 'commit') return { ...base, subject: '' };
  const { channel, number, commit } = purpose.record;
  return { ...base, subject: `${channel}/${number}`, channel, commit };
}

function busy(found: string): Fault {
  return new Fault('SignerBusy', {
    object: 'signer',
    check: 'it has room for another order',
    found,
    fix: 'It is asked again by itself; a site that signs more may raise signer.perMinute in controller.yaml.',
  });
}
