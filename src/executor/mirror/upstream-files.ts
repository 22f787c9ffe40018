import { Fault, type Upstream } from '../../model/index.ts';
import type { FetchLimits, Ports } from '../../ports.ts';

/** The files of one upstream, by their path below its address. */
export interface UpstreamFiles {
  open(href: string, limits: FetchLimits): AsyncIterable<Uint8Array>;
}

const attempts = 3;

export function upstreamFiles(
  ports: Pick<Ports, 'fetch'>,
  upstream: Upstream,
  signal?: AbortSignal,
): UpstreamFiles {
  const stop = signal === undefined ? {} : { signal };
  const root = upstream.url.endsWith('/') ? upstream.url : `${upstream.url}/`;
  if (root.startsWith('/')) {
    return {
      open: (href, limits) =>
        ports.fetch.open(`${root}${href}`, { ...limits, ...stop, within: root }),
    };
  }
  return {
    open: (href, limits) => ports.fetch.open(`${root}${inUrl(href)}`, { ...limits, ...stop }),
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
  return await fromTheStart(files, async (from) => {
    const parts: Uint8Array[] = [];
    for await (const chunk of from.open(href, limits)) parts.push(chunk);
    return Buffer.concat(parts);
  });
}

/**
 * Repeats reading that broke off inside a body. Before a body begins, the fetcher itself has tried again, so what fails
 * there has failed.
 */
export async function fromTheStart<T>(
  files: UpstreamFiles,
  read: (files: UpstreamFiles) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    let begun = false;
    const watched: UpstreamFiles = {
      open: async function* (href, limits) {
        for await (const chunk of files.open(href, limits)) {
          begun = true;
          yield chunk;
        }
      },
    };
    try {
      return await read(watched);
    } catch (error) {
      const brokeOff = error instanceof Fault && error.code === 'UpstreamUnavailable' && begun;
      if (!brokeOff || attempt === attempts) throw error;
    }
  }
}
