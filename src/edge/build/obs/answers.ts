import { SaxesParser } from 'saxes';
import { unavailable } from './obs-fault.ts';

/** What the build service says of the only package of a project. */
export interface PackageResult {
  /** `scheduled`, `building`, `succeeded`, `unresolvable` …; `unknown` when it says nothing yet. */
  readonly code: string;
  readonly details: string;
  /** State of the repository that it is built for. */
  readonly repository: string;
  readonly repositoryDetails: string;
  /** The scheduler has not looked since the last change. */
  readonly dirty: boolean;
}

/** The answer to `_result`. */
export function readResult(xml: string): PackageResult {
  const seen = { code: 'unknown', details: '', repository: '', repositoryDetails: '' };
  let dirty = false;
  let inDetails = false;
  walk(xml, {
    open: (name, attributes) => {
      if (name === 'result') {
        seen.repository = attributes.state ?? attributes.code ?? '';
        seen.repositoryDetails = attributes.details ?? '';
        dirty = attributes.dirty === 'true';
      }
      if (name === 'status') seen.code = attributes.code ?? 'unknown';
      inDetails = name === 'details';
    },
    close: () => {
      inDetails = false;
    },
    text: (text) => {
      if (inDetails) seen.details += text;
    },
  });
  return { ...seen, details: seen.details.trim().slice(0, 2000), dirty };
}

/** Names and sizes in a listing of binaries or of a folder (`entry`, `binary`). */
export function readListing(
  xml: string,
): readonly { readonly name: string; readonly sizeBytes: number }[] {
  const found: { name: string; sizeBytes: number }[] = [];
  walk(xml, {
    open: (element, attributes) => {
      if (element !== 'binary' && element !== 'entry') return;
      const name = attributes.filename ?? attributes.name ?? '';
      found.push({ name, sizeBytes: Number(attributes.size ?? 0) });
    },
  });
  return found;
}

/** NEVRAs of what `_buildinfo` says that a build is made with, sorted. */
export function readBuildroot(xml: string): readonly string[] {
  const found: string[] = [];
  walk(xml, {
    open: (element, { name, epoch, version, release, arch }) => {
      if (element !== 'bdep' || name === undefined || version === undefined) return;
      const evr = `${epoch === undefined ? '' : `${epoch}:`}${version}-${release ?? ''}`;
      found.push(`${name}-${evr}.${arch ?? ''}`);
    },
  });
  return found.toSorted();
}

/** `nothing provides a >= 1 needed by b, have choice for c: d e` → `a >= 1`, and of the rest nothing. */
export function missingOf(details: string): readonly string[] {
  const found = details.matchAll(/nothing provides (.+?)(?: needed by [^,]+)?(?=, |$)/g);
  return [...new Set([...found].map(([, wanted = '']) => wanted))];
}

interface Visitor {
  readonly open: (name: string, attributes: Readonly<Record<string, string>>) => void;
  readonly close?: () => void;
  readonly text?: (text: string) => void;
}

/** The parser expands no entities but XML's own. Throws `BuilderUnavailable`. */
function walk(xml: string, visitor: Visitor): void {
  const parser = new SaxesParser();
  parser.on('opentag', ({ name, attributes }) => visitor.open(name, attributes));
  parser.on('closetag', () => visitor.close?.());
  parser.on('text', (text) => visitor.text?.(text));
  parser.on('error', (error) => {
    throw unavailable('the build service', 'its answer is XML', error.message.slice(0, 200));
  });
  parser.write(xml).close();
}
