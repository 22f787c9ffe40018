import { checkFileUrl } from '../../../policy/index.ts';

/** A file that is not in git: what it is called, what its bytes are, and perhaps where it is. */
export interface NamedSource {
  readonly name: string;
  readonly algorithm: 'sha256' | 'sha512';
  /** Lower case. */
  readonly digest: string;
  readonly url?: string;
}

const mostLines = 200;

const line =
  /^(SHA256|SHA512) \(([^()\s/]{1,200})\) = ([0-9a-fA-F]{64}|[0-9a-fA-F]{128})(?: (\S+))?$/;

/**
 * Reads the file `sources` of dist-git, checksum lines as `sha256sum --tag` writes them; behind the digest may stand the
 * address that the file is fetched from. Answers what is wrong with the first line that is something else.
 */
export function readSources(
  text: string,
): { readonly sources: readonly NamedSource[] } | { readonly problem: string } {
  const lines = text.split('\n').filter((l) => l.trim() !== '' && !l.startsWith('#'));
  if (lines.length > mostLines) return { problem: `more than ${mostLines} lines` };
  const sources: NamedSource[] = [];
  for (const text of lines) {
    const source = readLine(text);
    if (typeof source === 'string') {
      return { problem: `${JSON.stringify(text.slice(0, 120))}: ${source}` };
    }
    if (sources.some((s) => s.name === source.name)) return { problem: `${source.name} twice` };
    sources.push(source);
  }
  return { sources };
}

function readLine(text: string): NamedSource | string {
  const [, algorithm, name, digest, url] = line.exec(text) ?? [];
  if (algorithm === undefined || name === undefined || digest === undefined) {
    return 'expected SHA256 (name) = digest, or SHA512';
  }
  const is512 = algorithm === 'SHA512';
  if ((digest.length === 128) !== is512) return `the digest is none of ${algorithm}`;
  const source = {
    ...{ name, digest: digest.toLowerCase() },
    algorithm: is512 ? 'sha512' : 'sha256',
  } as const;
  if (url === undefined) return source;
  const verdict = checkFileUrl(url);
  return 'problem' in verdict ? `the address ${verdict.problem}` : { ...source, url: verdict.url };
}
