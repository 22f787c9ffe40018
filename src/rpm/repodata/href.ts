import { elementFault, requiredAttribute, type XmlElement } from './xml-element.ts';

const devices = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
const limits = { partBytes: 255, pathBytes: 4096 };

/**
 * The `href` of a `<location>`: a plain relative path below the repository, in characters that mean the same in a URL
 * and in a file name. Everything else (other origins by `xml:base` too) is `MetadataInvalid`.
 */
export function hrefOf(location: XmlElement): string {
  if (location.attributes['xml:base'] !== undefined) {
    throw elementFault(location, 'location has no xml:base', {
      found: location.attributes['xml:base'],
    });
  }
  const href = requiredAttribute(location, 'href');
  const objection = hrefObjection(href);
  if (objection !== undefined)
    throw elementFault(location, `location href ${objection}`, { found: href });
  return href;
}

/** The `href` of a package: also never inside `repodata/`. */
export function packageHrefOf(location: XmlElement): string {
  const href = hrefOf(location);
  if (/^repodata(\/|$)/i.test(href)) {
    throw elementFault(location, 'location href points at a package', { found: href });
  }
  return href;
}

/** Why a relative path is not safe; undefined when it is. */
export function hrefObjection(href: string): string | undefined {
  if (href === '') return 'is not empty';
  if (Buffer.byteLength(href) > limits.pathBytes) return `has at most ${limits.pathBytes} bytes`;
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(href)) return 'has no control characters';
  if (/[\\?#]/.test(href)) return 'has no backslash, question mark or hash';
  if (/%(?![0-9a-f]{2})/i.test(href) || /%([018-9a-f]|2[ef5]|5c|7f)/i.test(href)) {
    return 'hides nothing behind percent signs';
  }
  if (/^[a-z][a-z0-9+.-]*:/i.test(href)) return 'is relative';
  for (const part of href.split('/')) {
    if (part === '' || part === '.' || part === '..') return 'has no empty, "." or ".." part';
    if (Buffer.byteLength(part) > limits.partBytes) {
      return `has parts of at most ${limits.partBytes} bytes`;
    }
    if (devices.test(part)) return 'names no device';
  }
  return undefined;
}
