import { createWriteStream, type WriteStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { finished } from 'node:stream/promises';

/** Collects what a build says, in a file that is safe to show and never larger than agreed. */
export interface LogCapture {
  push(bytes: Uint8Array): void;
  /** A line of our own, also when the limit is reached. */
  say(text: string): void;
  close(): Promise<void>;
}

const cutMark = '[sluice: this log was longer than its limit; its middle is left out below]\n';

/**
 * Keeps the first and the last half of the limit; where something is left out, a line says so at the top, at the gap
 * and at the end. Control characters become visible text, so that no terminal or page acts on them.
 */
export function logCapture(path: string, limitBytes: number): LogCapture {
  const half = Math.floor(limitBytes / 2);
  const head = createWriteStream(path, { mode: 0o644 });
  const decoder = new TextDecoder();
  const tail = tailOf(half);
  const own: string[] = [];
  let headBytes = 0;
  const push = (text: string): void => {
    const bytes = Buffer.from(neutral(text));
    const room = Math.max(0, half - headBytes);
    if (room > 0) head.write(bytes.subarray(0, room));
    headBytes += Math.min(room, bytes.length);
    if (bytes.length > room) tail.push(bytes.subarray(room));
  };
  return {
    push: (bytes) => push(decoder.decode(bytes, { stream: true })),
    say: (text) => own.push(`[sluice: ${neutral(text)}]\n`),
    close: async () => {
      push(decoder.decode());
      await closed(head);
      await writeEnd(path, { tail, own });
    },
  };
}

/** A log whose last bytes can be looked at besides. */
export function teeLog(
  log: LogCapture,
  tailBytes: number,
): { readonly log: LogCapture; readonly text: () => string } {
  const tail = tailOf(tailBytes);
  const push = (bytes: Uint8Array): void => {
    log.push(bytes);
    tail.push(Buffer.from(bytes));
  };
  return { log: { ...log, push }, text: () => tail.bytes().toString('utf8') };
}

async function closed(stream: WriteStream): Promise<void> {
  stream.end();
  await finished(stream);
}

async function writeEnd(
  path: string,
  { tail, own }: { readonly tail: Tail; readonly own: readonly string[] },
): Promise<void> {
  if (tail.droppedBytes() === 0) {
    await writeFile(path, Buffer.concat([tail.bytes(), Buffer.from(own.join(''))]), { flag: 'a' });
    return;
  }
  const gap = `\n[sluice: ${tail.droppedBytes()} bytes left out here]\n`;
  const end = `\n[sluice: end of a log that was cut; see its first line]\n${own.join('')}`;
  const parts = [cutMark, await readFile(path), gap, tail.bytes(), end];
  await writeFile(path, Buffer.concat(parts.map((part) => Buffer.from(part))));
}

interface Tail {
  push(bytes: Buffer): void;
  bytes(): Buffer;
  droppedBytes(): number;
}

/** The last bytes of a stream; at most twice the limit is in memory. */
function tailOf(limitBytes: number): Tail {
  let kept: Buffer[] = [];
  let keptBytes = 0;
  let dropped = 0;
  const trim = () => {
    const all = Buffer.concat(kept);
    const over = Math.max(0, all.length - limitBytes);
    dropped += over;
    kept = [all.subarray(over)];
    keptBytes = all.length - over;
    return kept[0] ?? all;
  };
  return {
    push: (bytes) => {
      kept.push(bytes);
      keptBytes += bytes.length;
      if (keptBytes > 2 * limitBytes) trim();
    },
    bytes: () => trim(),
    droppedBytes: () => {
      trim();
      return dropped;
    },
  };
}

/** Everything but line feeds and tabs that a terminal would act on, as code points. */
function neutral(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (c) => (c === '\r' ? '' : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}
