import { Fault, type PackageEntry, type Upstream } from '../model/index.ts';
import { judgePackage, packageScanner, readKeyring } from '../rpm/index.ts';
import { packagePath } from '../store/index.ts';
import type { Installation } from './installation.ts';
import { policyInForce } from './policy-in-force.ts';

/** What the stored bytes say today, judged anew by the keys of an upstream that offered the package. */
export interface TracedSignature {
  readonly state: 'counts' | 'not required' | 'refused' | 'bytes missing' | 'no upstream';
  readonly upstream?: string;
  /** Full fingerprint of the primary key. */
  readonly signedBy?: string;
  /** Where the policy repository pins that key. */
  readonly keyFile?: string;
  readonly excused: readonly string[];
  /** Why it would be refused today. */
  readonly because?: string;
}

/** Reads the whole file, so that digests inside it are compared as well; throws `DiskError` only. */
export async function tracedSignature(
  c: Installation,
  entry: PackageEntry,
  names: readonly string[],
): Promise<TracedSignature> {
  const desired = await policyInForce(c);
  const upstream = names.map((n) => desired?.upstreams.get(n)).find((u) => u !== undefined);
  if (!desired || !upstream) return { state: 'no upstream', excused: [] };
  const path = packagePath(c.store.root, entry);
  if ((await c.store.disk.stat(path)) === undefined) return { state: 'bytes missing', excused: [] };
  const keys = upstream.keys.map((file) => ({ path: file, text: desired.keys.get(file) ?? '' }));
  try {
    return await judged(c, entry, { upstream, keys });
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'DiskError') throw error;
    return refused(upstream, error);
  }
}

interface Judge {
  readonly upstream: Upstream;
  readonly keys: readonly { readonly path: string; readonly text: string }[];
}

async function judged(
  c: Installation,
  entry: PackageEntry,
  judge: Judge,
): Promise<TracedSignature> {
  const { upstream, keys } = judge;
  const keyring = await readKeyring(keys);
  const scanner = packageScanner(packagePath('', entry));
  for await (const chunk of c.store.disk.chunks(packagePath(c.store.root, entry))) {
    scanner.push(chunk);
  }
  const verdict = judgePackage(scanner.finish(), keyring, {
    required: upstream.require.packageSignatures,
    exceptions: upstream.exceptions,
    now: c.ports.clock.now(),
    metadataPinned: upstream.require.metadataSignature,
  });
  if (verdict.kind === 'refused') return refused(upstream, verdict.fault);
  const { signedBy, excused } = verdict;
  if (signedBy === undefined) return { state: 'not required', upstream: upstream.name, excused };
  const keyFile = keyring.keys.find((k) => k.key.fingerprint === signedBy)?.file;
  return {
    state: 'counts',
    upstream: upstream.name,
    signedBy,
    ...(keyFile === undefined ? {} : { keyFile }),
    excused,
  };
}

function refused(upstream: Upstream, fault: Fault): TracedSignature {
  const because = `${fault.code}: ${fault.message}`;
  return { state: 'refused', upstream: upstream.name, excused: [], because };
}
