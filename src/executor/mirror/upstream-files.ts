import { Fault, type Upstream } from '../../model/index.ts';
import type { FetchLimits, Ports } from '../../ports.ts';

/** The files of one upstream, by their path below its address or below one of its mirrors. */
export interface UpstreamFiles {
  /** The address to begin with first. */
  readonly addresses: readonly string[];
  open(address: string, href: string, limits: FetchLimits): AsyncIterable<Uint8Array>;
  /** An address failed and another is asked. */
  passedOver(address: string, fault: Fault): void;
}

/** Opens files at the address of one try. */
export type OpenFile = (href: string, limits: FetchLimits) => AsyncIterable<Uint8Array>;

const attempts = 3;

export function addressesOf({ url, mirrors = [] }: Upstream): readonly string[] {
  const all = [url, ...mirrors].map((address) => (address.endsWith('/') ? address : `${address}/`));
  return [...new Set(all)];
}

export function upstreamFiles(
  { fetch, log }: Pick<Ports, 'fetch' | 'log'>,
  { name }: Upstream,
  from: { readonly addresses: readonly string[]; readonly signal?: AbortSignal },
): UpstreamFiles {
  const { addresses, signal } = from;
  const stop = signal === undefined ? {} : { signal };
  const told = new Set<string>();
  return {
    addresses,
    open: (address, href, limits) =>
      address.startsWith('/')
        ? fetch.open(`${address}${href}`, { ...limits, ...stop, within: address })
        : fetch.open(`${address}${inUrl(href)}`, { ...limits, ...stop }),
    passedOver(address, fault) {
      if (told.has(address)) return;
      told.add(address);
      const text = `${name}: passing over ${address}`;
      log.emit({ kind: 'warning', text, fault: fault.toJSON() });
    },
  };
}

/** Metadata writes file names, some writers with percent signs already in place: those stay. */
function inUrl(href: string): string {
  return encodeURI(href).replace(/%25(?=[0-9A-Fa-f]{2})/g, '%');
}

/** A whole small file. */
export async function readWhole(
  files: UpstreamFiles,
  href: string,
  limits: FetchLimits,
): Promise<Uint8Array> {
  return await fromTheStart(files, async (open) => {
    const parts: Uint8Array[] = [];
    for await (const chunk of open(href, limits)) parts.push(chunk);
    return Buffer.concat(parts);
  });
}

const anotherMayHaveIt: ReadonlySet<string> = new Set([
  'CertificateInvalid',
  'ChecksumMismatch',
  'TransferRefused',
  'TransferTooLarge',
  'UpstreamFileMissing',
  'UpstreamUnavailable',
]);

/**
 * Repeats reading that broke off inside a body, and goes on to the next address where there is one. Before a body
 * begins, the fetcher itself has tried again, so what fails there has failed.
 */
export async function fromTheStart<T>(
  files: UpstreamFiles,
  read: (open: OpenFile) => Promise<T>,
): Promise<T> {
  const { addresses } = files;
  const most = Math.max(attempts, addresses.length);
  for (let attempt = 1; ; attempt += 1) {
    const address = addresses[(attempt - 1) % addresses.length];
    if (address === undefined) throw new Error('an upstream without an address');
    let begun = false;
    try {
      return await read(async function* (href, limits) {
        for await (const chunk of files.open(address, href, limits)) {
          begun = true;
          yield chunk;
        }
      });
    } catch (error) {
      if (!(error instanceof Fault) || attempt === most) throw error;
      const brokeOff = begun && error.code === 'UpstreamUnavailable';
      const another = attempt < addresses.length && anotherMayHaveIt.has(error.code);
      if (!brokeOff && !another) throw error;
      if (another) files.passedOver(address, error);
    }
  }
}
