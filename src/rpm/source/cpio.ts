import { Fault } from '../../model/index.ts';

/** One member of an archive, before its bytes. */
export interface CpioMember {
  readonly name: string;
  /** Type and permission bits as in `st_mode`. */
  readonly mode: number;
  readonly sizeBytes: number;
}

export interface CpioVisitor {
  /** Returns whether the member's bytes are wanted; throws to refuse the archive. */
  member(member: CpioMember): boolean;
  /** A piece of the wanted member. */
  bytes(chunk: Uint8Array): void;
}

export interface CpioReader {
  push(chunk: Uint8Array): void;
  /** After the last byte; throws when the archive is not whole. */
  finish(): void;
}

const headerBytes = 110;
const longestNameBytes = 4096;
const nothing = Buffer.alloc(0);
const trailer = 'TRAILER!!!';

type State =
  | { readonly at: 'header' }
  | { readonly at: 'name'; readonly fields: Fields }
  | { readonly at: 'data'; left: number; readonly wanted: boolean; readonly padding: number }
  | { readonly at: 'padding'; left: number }
  | { readonly at: 'end' };

interface Fields {
  readonly mode: number;
  readonly sizeBytes: number;
  readonly nameBytes: number;
}

/**
 * Reads a cpio archive in the "new ASCII" format, the payload of RPM 4 (cpio(5)), in chunks of any size. Only tells
 * what is in it: nothing is written, so no name can lead anywhere. `object` names the package in faults.
 */
export function cpioReader(object: string, visitor: CpioVisitor): CpioReader {
  let state: State = { at: 'header' };
  let waiting: Buffer = Buffer.alloc(0);

  /** Returns what follows where a member's bytes begin. */
  const readWaiting = (): Buffer => {
    for (;;) {
      if (state.at === 'header') {
        if (waiting.length < headerBytes) return nothing;
        state = readHeader(waiting.subarray(0, headerBytes), object);
        waiting = waiting.subarray(headerBytes);
      } else if (state.at === 'name') {
        const length = padded(headerBytes + state.fields.nameBytes) - headerBytes;
        if (waiting.length < length) return nothing;
        state = readName(state.fields, waiting.subarray(0, length), visitor);
        waiting = waiting.subarray(length);
      } else {
        const rest = waiting;
        waiting = nothing;
        return rest;
      }
    }
  };

  const pass = (bytes: Buffer, at: Extract<State, { left: number }>): Buffer => {
    const part = bytes.subarray(0, at.left);
    if (at.at === 'data' && at.wanted) visitor.bytes(part);
    at.left -= part.length;
    if (at.left === 0) state = afterBytes(at);
    return bytes.subarray(part.length);
  };

  return {
    push: (chunk) => {
      let rest: Buffer = Buffer.from(chunk);
      while (rest.length > 0 && state.at !== 'end') {
        if (state.at === 'data' || state.at === 'padding') rest = pass(rest, state);
        else {
          waiting = Buffer.concat([waiting, rest]);
          // What was read ahead belongs to the member's bytes.
          rest = readWaiting();
        }
      }
    },
    finish: () => {
      if (state.at !== 'end') throw notAnArchive(object, 'ends with its trailer');
    },
  };
}

const padded = (length: number): number => Math.ceil(length / 4) * 4;

function readHeader(bytes: Buffer, object: string): State {
  const text = bytes.toString('latin1');
  if (!/^07070[12][0-9A-Fa-f]{104}$/.test(text)) {
    throw notAnArchive(object, 'member starts with the magic number 070701', text.slice(0, 6));
  }
  const field = (index: number) => Number.parseInt(text.slice(6 + 8 * index, 14 + 8 * index), 16);
  const fields = { mode: field(1), sizeBytes: field(6), nameBytes: field(11) };
  if (fields.nameBytes < 2 || fields.nameBytes > longestNameBytes) {
    throw notAnArchive(object, `names have up to ${longestNameBytes} bytes`);
  }
  return { at: 'name', fields };
}

function readName(fields: Fields, bytes: Buffer, visitor: CpioVisitor): State {
  const { mode, sizeBytes, nameBytes } = fields;
  const name = bytes.toString('utf8', 0, nameBytes - 1);
  if (name === trailer) return { at: 'end' };
  const wanted = visitor.member({ name, mode, sizeBytes });
  if (sizeBytes === 0) return { at: 'header' };
  return { at: 'data', left: sizeBytes, wanted, padding: padded(sizeBytes) - sizeBytes };
}

function afterBytes(state: Extract<State, { left: number }>): State {
  return state.at === 'data' && state.padding > 0
    ? { at: 'padding', left: state.padding }
    : { at: 'header' };
}

function notAnArchive(object: string, check: string, found?: string): Fault {
  return new Fault('SourceRefused', {
    object,
    check: `the payload is a cpio archive: ${check}`,
    ...(found === undefined ? {} : { found }),
    fix: 'Nothing was unpacked. Report it to whoever publishes the source package.',
  });
}
