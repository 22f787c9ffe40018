import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Duplex, pipeline, Readable } from 'node:stream';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import { Fault } from '../model/index.ts';
import type { Compression, Decompress } from '../ports.ts';
import { zstdFrames } from './zstd-frames.ts';

// zstd's own default for untrusted data is 128 MiB of window; repositories use 8 MiB.
const zstdWindowLog = 27;
/** Node.js would give out a hundred megabytes in six thousand pieces. */
const pieceBytes = 256 << 10;
const childMemoryBytes = 512 << 20;
const programs = {
  xz: ['xz', '--decompress', '--stdout', `--memlimit-decompress=${childMemoryBytes >> 1}`],
  bz2: ['bzip2', '--decompress', '--stdout'],
} as const;

/**
 * The `Decompress` port. gz and zst run in this process; xz and bz2 run in a child with a memory limit, no file
 * output and its own process group, which is killed when the reader stops. Damaged data is `MetadataInvalid`, more
 * than `maxBytes` is `TransferTooLarge`.
 */
export function decompressor(): Decompress {
  return {
    open: (compression, source, limits) =>
      counted(translated(opened(compression, source), compression), compression, limits.maxBytes),
  };
}

function opened(
  compression: Compression,
  source: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  if (compression === 'none') return source;
  if (compression === 'gz') return throughStream(source, createGunzip({ chunkSize: pieceBytes }));
  if (compression === 'zst') return zstdContent(source);
  return throughChild(source, compression);
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  compression: Compression,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new Fault('TransferTooLarge', {
        object: `${compression} data`,
        check: 'size after decompression',
        expected: `at most ${maxBytes} bytes`,
        found: 'more',
        fix: 'Nothing was taken over. Tell the maintainers of the upstream, or raise its limit.',
      });
    }
    yield chunk;
  }
}

async function* translated(source: AsyncIterable<Uint8Array>, compression: Compression) {
  try {
    yield* source;
  } catch (cause) {
    if (cause instanceof Fault || !isDataError(cause)) throw cause;
    throw damaged(compression, cause.message);
  }
}

const isDataError = (cause: unknown): cause is Error =>
  cause instanceof RangeError ||
  (cause instanceof Error && 'code' in cause && /^(Z_|ZSTD_|ERR_ZSTD)/.test(String(cause.code)));

function damaged(compression: Compression, found: string): Fault {
  return new Fault('MetadataInvalid', {
    object: `${compression} data`,
    check: 'decompression',
    found,
    fix: 'Nothing was taken over. Sync again; if it stays, tell the maintainers of the upstream.',
  });
}

/** Handles concatenated gzip members by itself; stops reading the source when the reader stops. */
async function* throughStream(
  source: AsyncIterable<Uint8Array>,
  transform: Duplex,
): AsyncGenerator<Uint8Array> {
  pipeline(Readable.from(source, { objectMode: false }), transform, () => undefined);
  yield* bytesOf(transform);
}

async function* bytesOf(stream: Readable): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) if (chunk instanceof Uint8Array) yield chunk;
}

/** One decompressor per frame: node:zlib reads only the first of several. */
async function* zstdContent(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const frames = zstdFrames(source);
  try {
    for (;;) {
      const first = await frames.next();
      if (first.done) return;
      const params = { [constants.ZSTD_d_windowLogMax]: zstdWindowLog };
      yield* throughStream(
        oneFrame(first.value, frames),
        createZstdDecompress({ params, chunkSize: pieceBytes }),
      );
    }
  } finally {
    await frames.return(undefined);
  }
}

async function* oneFrame(
  first: { readonly bytes: Uint8Array; readonly last: boolean },
  frames: AsyncGenerator<{ readonly bytes: Uint8Array; readonly last: boolean }>,
): AsyncGenerator<Uint8Array> {
  yield first.bytes;
  if (first.last) return;
  for (;;) {
    const part = await frames.next();
    if (part.done) return;
    yield part.value.bytes;
    if (part.value.last) return;
  }
}

async function* throughChild(
  source: AsyncIterable<Uint8Array>,
  compression: 'xz' | 'bz2',
): AsyncGenerator<Uint8Array> {
  const limits = [`--as=${childMemoryBytes}`, '--core=0', '--fsize=0', '--'];
  const child = spawn('prlimit', [...limits, ...programs[compression]], {
    detached: true,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  ended.catch(() => undefined);
  let sourceFault: unknown;
  pipeline(Readable.from(source, { objectMode: false }), child.stdin, (error) => {
    if (error && error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') {
      sourceFault = error;
    }
  });
  let complaint = '';
  child.stderr.on('data', (bytes) => {
    if (complaint.length < 500) complaint += String(bytes);
  });
  try {
    yield* bytesOf(child.stdout);
    await ended.catch((cause: unknown) => {
      throw toolMissing('prlimit', cause);
    });
    if (sourceFault) throw sourceFault;
    if (child.exitCode !== 0) throw exitFault(compression, child.exitCode, complaint.trim());
  } finally {
    if (child.exitCode === null && child.signalCode === null) endGroup(child.pid);
  }
}

function endGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}

function exitFault(compression: 'xz' | 'bz2', exitCode: number | null, complaint: string): Fault {
  // prlimit reports a program that it cannot start with 127 (126 when it may not).
  if (exitCode === 127) return toolMissing(programs[compression][0], undefined);
  return damaged(compression, complaint === '' ? 'the decompressor was killed' : complaint);
}

function toolMissing(program: string, cause: unknown): Fault {
  return new Fault('ToolMissing', {
    object: program,
    check: 'is installed',
    fix: `Install ${program} (Debian: apt install xz-utils bzip2 util-linux) and sync again.`,
    cause,
  });
}
