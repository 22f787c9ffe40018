/** What became of an address that somebody wrote. */
export type UrlVerdict = { readonly url: string } | { readonly problem: string };

/**
 * An upstream's address: http(s), `file:///dir/` or an absolute directory. Answers the normalised form, ending in a
 * slash; directories lose the scheme. Anything else (ext::, ssh, options, credentials) is refused by this list.
 */
export function checkUpstreamUrl(text: string): UrlVerdict {
  if (text.startsWith('/')) return directory(text);
  if (/^file:/i.test(text)) return fileUrl(text);
  return webUrl(text, 'http(s)://host/… or an absolute directory');
}

/** Where machines find what is published: http(s) without a trailing slash. */
export function checkSiteUrl(text: string): UrlVerdict {
  const verdict = webUrl(text, 'http(s)://host/…');
  return 'url' in verdict ? { url: verdict.url.replace(/\/+$/, '') } : verdict;
}

/**
 * A policy repository's address: `https://…`, `ssh://[user@]host/…` or a directory. Checked before git starts, because
 * git runs programs for some schemes and reads a leading dash as an option.
 */
export function checkPolicyUrl(
  text: string,
): { readonly url: string; readonly kind: 'remote' | 'directory' } | { readonly problem: string } {
  const odd = oddText(text);
  if (odd !== undefined) return { problem: odd };
  if (/^[a-z][a-z0-9+.-]*::/i.test(text)) return { problem: 'remote helpers are not allowed' };
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return remoteUrl(text);
  if (/^[^/]*:/.test(text)) {
    return { problem: 'expected https://…, ssh://… or a directory' };
  }
  return { url: text, kind: 'directory' };
}

/**
 * The address of a git repository in a policy file: as that of a policy repository, but a directory has to be absolute.
 * Without a slash at its end.
 */
export function checkGitUrl(text: string): UrlVerdict {
  if (text.startsWith('/') || /^file:/i.test(text)) {
    const verdict = checkUpstreamUrl(text);
    return 'url' in verdict ? { url: verdict.url.replace(/(?!^)\/$/, '') } : verdict;
  }
  const verdict = checkPolicyUrl(text);
  if ('problem' in verdict) return verdict;
  const url = text.replace(/\/+$/, '');
  return verdict.kind === 'remote'
    ? { url }
    : { problem: 'expected https://…, ssh://… or an absolute directory' };
}

/** The address of one file: http(s), without credentials. */
export function checkFileUrl(text: string): UrlVerdict {
  const odd = oddText(text);
  if (odd !== undefined) return { problem: odd };
  if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) return { problem: 'is not http(s)' };
  const { username, password, hostname, href } = new URL(text);
  if (username !== '' || password !== '') return { problem: 'contains credentials' };
  return hostname.startsWith('-') ? { problem: 'the host starts with a dash' } : { url: href };
}

/** A branch name that git can only read as a branch name: a strict part of git-check-ref-format(1). */
export function checkRefName(text: string): boolean {
  return (
    /^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/.test(text) &&
    text
      .split('/')
      .every((part) => /^[A-Za-z0-9_-]/.test(part) && !/\.\.|\.$|\.lock$/.test(part)) &&
    !text.startsWith('refs/') &&
    text !== 'HEAD'
  );
}

function oddText(text: string): string | undefined {
  if (text === '') return 'is empty';
  if (text.length > 2000) return 'is longer than 2000 characters';
  if (/[\u0000-\u0020\u007f-\u00a0\\]/.test(text)) {
    return 'contains white space, a control character or a backslash';
  }
  if (text.startsWith('-')) return 'starts with a dash';
  return undefined;
}

function webUrl(text: string, forms: string): UrlVerdict {
  const expected = `expected ${forms}`;
  const odd = oddText(text);
  if (odd !== undefined) return { problem: `${odd}; ${expected}` };
  if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) return { problem: expected };
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    return { problem: 'contains credentials, which do not belong into git' };
  }
  if (url.search !== '' || url.hash !== '') return { problem: 'has a query or a fragment' };
  if (url.hostname.startsWith('-')) return { problem: 'the host starts with a dash' };
  return { url: url.href.endsWith('/') ? url.href : `${url.href}/` };
}

function remoteUrl(
  text: string,
): { readonly url: string; readonly kind: 'remote' } | { readonly problem: string } {
  if (!/^(https?|ssh):\/\/[^/]/i.test(text) || !URL.canParse(text) || isOpenHttp(text)) {
    return { problem: 'expected https://…, ssh://… or a directory' };
  }
  const url = new URL(text);
  if (url.password !== '' || (url.protocol !== 'ssh:' && url.username !== '')) {
    return { problem: 'contains credentials; give them to git by a file' };
  }
  if (url.hostname.startsWith('-') || url.username.startsWith('-')) {
    return { problem: 'the host or user starts with a dash' };
  }
  return { url: text, kind: 'remote' };
}

/** Without TLS a repository may only be on this very machine. */
function isOpenHttp(text: string): boolean {
  const { protocol, hostname } = new URL(text);
  return protocol === 'http:' && !['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
}

function fileUrl(text: string): UrlVerdict {
  if (!/^file:\/\/\//i.test(text) || !URL.canParse(text)) {
    return { problem: 'expected file:/// and an absolute directory' };
  }
  try {
    return directory(decodeURIComponent(text.slice('file://'.length)));
  } catch {
    return { problem: 'has a percent sign that encodes nothing' };
  }
}

function directory(path: string): UrlVerdict {
  if (/[\u0000-\u001f\u007f]/.test(path)) return { problem: 'contains a control character' };
  const parts = path.split('/').filter((p) => p !== '');
  if (parts.some((p) => p === '.' || p === '..')) return { problem: 'contains a . or .. segment' };
  return { url: parts.length === 0 ? '/' : `/${parts.join('/')}/` };
}
