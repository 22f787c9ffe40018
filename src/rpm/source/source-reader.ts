import { Fault, type PackageDetail } from '../../model/index.ts';
import { readPackageHead } from '../detail.ts';
import { textOf } from '../header-values.ts';
import { asBuffer, parseHead } from '../package-layout.ts';
import { tags } from '../tags.ts';
import { type CpioMember, cpioReader } from './cpio.ts';

/** How a payload is compressed; lzma is what the xz program also reads. */
export type PayloadCompression = 'none' | 'gz' | 'bz2' | 'xz' | 'zst';

export interface SourceHead {
  readonly detail: PackageDetail;
  readonly compression: PayloadCompression;
  /** Offset of the payload in the file. */
  readonly payloadStart: number;
}

/** What is in a source package, seen without unpacking it. */
export interface SourceContent {
  readonly spec: { readonly name: string; readonly text: string };
  /** Names of all members, the spec's too. */
  readonly names: readonly string[];
}

export interface SourceReader {
  /** The next bytes of the decompressed payload. Throws `SourceRefused`. */
  push(chunk: Uint8Array): void;
  finish(): SourceContent;
}

const specLimitBytes = 16 * 1024 * 1024;
const memberLimit = 20_000;
const fileTypeMask = 0o170000;
const regularFile = 0o100000;

/** From the first bytes of a source package (`packageHeadLength` says how many). Throws `PackageInvalid`. */
export function readSourceHead(
  head: Uint8Array,
  file: Parameters<typeof readPackageHead>[1],
): SourceHead {
  const object = `package ${file.sha256}`;
  const { main, mainEnd } = parseHead(asBuffer(head), object);
  const name = textOf(main, tags.payloadCompressor) ?? 'gzip';
  const compression = compressions[name];
  if (compression === undefined) throw refused(object, 'compression of the payload is known', name);
  return { detail: readPackageHead(head, file), compression, payloadStart: mainEnd };
}

const compressions: Readonly<Record<string, PayloadCompression>> = {
  identity: 'none',
  gzip: 'gz',
  bzip2: 'bz2',
  xz: 'xz',
  lzma: 'xz',
  zstd: 'zst',
};

/**
 * Looks through the payload of a source package: regular files with plain names and exactly one spec, whose text it
 * gives back. Parses no spec: that runs what is written in it.
 */
export function sourceReader(object: string): SourceReader {
  const names: string[] = [];
  const specs: string[] = [];
  const text: Uint8Array[] = [];
  const reader = cpioReader(object, {
    member: (member) => {
      const name = plainName(object, member);
      if (names.includes(name)) throw refused(object, 'every file is there once', name);
      if (names.length === memberLimit) throw refused(object, `at most ${memberLimit} files`);
      names.push(name);
      if (!name.endsWith('.spec')) return false;
      specs.push(name);
      if (member.sizeBytes > specLimitBytes) {
        throw refused(object, `a spec has at most ${specLimitBytes} bytes`, name);
      }
      return specs.length === 1;
    },
    bytes: (chunk) => text.push(Uint8Array.from(chunk)),
  });
  return {
    push: reader.push,
    finish: () => {
      reader.finish();
      const [name] = specs;
      if (name === undefined || specs.length > 1) {
        throw refused(object, 'exactly one spec', specs.join(', ') || 'none');
      }
      return { names, spec: { name, text: Buffer.concat(text).toString('utf8') } };
    },
  };
}

/** rpm puts every source beside the others; a name that leads elsewhere, or that reads as an option, is an attack. */
function plainName(object: string, { name, mode }: CpioMember): string {
  const plain = name.replace(/^\.\//, '');
  if ((mode & fileTypeMask) !== regularFile) throw refused(object, 'only regular files', name);
  if (!/^[\p{L}\p{N}_+~^%@=,:.#(){}[\] !$&;-]+$/u.test(plain) || /^[-.]/.test(plain)) {
    throw refused(object, 'names of files are plain', name);
  }
  return plain;
}

function refused(object: string, check: string, found?: string): Fault {
  return new Fault('SourceRefused', {
    object,
    check,
    ...(found === undefined ? {} : { found }),
    fix: 'Nothing of it was unpacked or built. Report it to whoever publishes the source package.',
  });
}
