import { Fault } from '../../model/index.ts';

/**
 * Login pages and error pages come with status 200 where a repository file was asked for. Nothing in a repository is
 * HTML, so what says it is HTML, or begins like it, is refused before anything tries to read it.
 */
export function refuseWebPage(
  url: URL,
  contentType: string | undefined,
  firstChunk: Uint8Array,
): void {
  const start = new TextDecoder('latin1').decode(firstChunk.subarray(0, 400)).trimStart();
  const saysHtml = /^(text\/html|application\/xhtml\+xml)\b/i.test(contentType ?? '');
  const looksHtml = /^(<!--[^>]*-->\s*)?<(!doctype\s+html|html)\b/i.test(start);
  if (!looksHtml && !(saysHtml && /^<(?!\?xml)/.test(start))) return;
  throw new Fault('UpstreamUnavailable', {
    object: url.href,
    check: 'the answer is the file, not a web page',
    expected: 'a file of a repository',
    found: `${contentType ?? 'no content type'}: ${start.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 80)}`,
    fix: 'Open the address in a browser: a login page, a proxy or the server stands in the way.',
  });
}
