import { type Code, codes } from './codes.ts';

/** Where something stands in the policy repository. Line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly col: number;
}

export function placeText(p: Place): string {
  return `${p.file}:${p.line}:${p.col}`;
}

export interface FaultFields {
  /** What it is about: a package, upstream, channel, file, commit. */
  readonly object: string;
  /** What was checked, in a few words. */
  readonly check: string;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
  /** The next step, as an instruction. */
  readonly fix: string;
  readonly at?: Place | undefined;
  readonly cause?: unknown;
}

const secretPatterns: readonly [RegExp, string][] = [
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@:]+(?::[^\s/@]*)?@/gi, '$1***@'],
  [/-----BEGIN PGP PRIVATE KEY BLOCK-----[\s\S]*?(-----END PGP PRIVATE KEY BLOCK-----|$)/g, '***'],
  [/\b(gh[pousr]_|github_pat_)[A-Za-z0-9_]+/g, '***'],
  [
    /\b(authorization|token|password|passphrase|secret)(["']?\s*[:=]\s*["']?)(?:bearer\s+|basic\s+)?[^\s"',;]+/gi,
    '$1$2***',
  ],
];

/** Takes credentials out of text that people or logs will see. */
export function redact(text: string): string {
  return secretPatterns.reduce((t, [pattern, by]) => t.replace(pattern, by), text);
}

const plain = (text: string): string =>
  // Control and bidirectional characters could forge terminal output; show them as code points.
  redact(text).replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Everything that goes wrong by the world's or the user's doing. Programmer mistakes stay plain `Error`. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: Code;
  readonly object: string;
  readonly check: string;
  readonly expected: string | undefined;
  readonly found: string | undefined;
  readonly fix: string;
  readonly at: Place | undefined;

  constructor(code: Code, fields: FaultFields) {
    super(faultSentence({ code, ...fields }), { cause: fields.cause });
    this.code = code;
    this.object = plain(fields.object);
    this.check = plain(fields.check);
    this.expected = fields.expected === undefined ? undefined : plain(fields.expected);
    this.found = fields.found === undefined ? undefined : plain(fields.found);
    this.fix = plain(fields.fix);
    this.at = fields.at;
  }

  /** Exit code of a command that ends with this fault. */
  get exit(): number {
    return codes[this.code].exit;
  }

  toJSON(): FaultReport {
    return {
      code: this.code,
      object: this.object,
      check: this.check,
      ...(this.expected === undefined ? {} : { expected: this.expected }),
      ...(this.found === undefined ? {} : { found: this.found }),
      fix: this.fix,
      ...(this.at === undefined ? {} : { at: this.at }),
    };
  }
}

/**
 * A fault in one line. Names of checks say what should be, so alone they would read as if it were so; only what is
 * wrong with a command or a name (exit 2) says it itself.
 */
export function faultSentence(fault: FaultFields & { readonly code: Code }): string {
  const { code, object, check, expected, found } = fault;
  const failed = codes[code].exit === 2 ? '' : 'check failed: ';
  const parts = [`${plain(object)}: ${failed}${plain(check)}`];
  if (expected !== undefined) parts.push(`expected ${plain(expected)}`);
  if (found !== undefined) parts.push(`found ${plain(found)}`);
  return parts.join('; ');
}

/** A fault as a value: in the journal, in status, in JSON answers. */
export interface FaultReport {
  readonly code: Code;
  readonly object: string;
  readonly check: string;
  readonly expected?: string;
  readonly found?: string;
  readonly fix: string;
  readonly at?: Place;
}
