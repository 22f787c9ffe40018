import type { FetchSettings } from './options.ts';

/**
 * How long to wait before the next try: what the server asks for (RFC 9110 section 10.2.3, seconds or a date) within
 * our cap, else a doubling delay; up to a half more by chance, so that many clients do not come back together.
 */
export function retryDelaySeconds(
  settings: FetchSettings,
  attempt: number,
  retryAfter: string | undefined,
): number {
  const own = settings.retryDelaySeconds * 2 ** (attempt - 1);
  const asked = askedSeconds(retryAfter) ?? own;
  const seconds = Math.min(Math.max(asked, 0), settings.retryAfterCapSeconds);
  return Math.min(seconds * (1 + Math.random() / 2), settings.retryAfterCapSeconds);
}

function askedSeconds(retryAfter: string | undefined): number | undefined {
  if (retryAfter === undefined) return undefined;
  if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter);
  const date = Date.parse(retryAfter);
  const isDate = /^[A-Z][a-z]{2}, /.test(retryAfter) && !Number.isNaN(date);
  return isDate ? Math.max(0, (date - Date.now()) / 1000) : undefined;
}
