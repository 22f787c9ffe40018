import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '../../../model/index.ts';
import { hostRoot } from './host-root.ts';
import { logCapture } from './log-capture.ts';
import { runSandbox } from './run-sandbox.ts';
import { buildEnvironment } from './sandbox-command.ts';
import { beginMark } from './unpack-output.ts';

const mebibyte = 1 << 20;
const limits = {
  seconds: 30,
  memoryBytes: 256 * mebibyte,
  processes: 50,
  diskBytes: 16 * mebibyte,
  logBytes: 64 * 1024,
};

export interface Probe {
  /** Why there can be no sandbox; undefined where there can. */
  readonly fault?: Fault;
  /** Memory and processes of a build are counted together; otherwise each process by itself. */
  readonly counted: boolean;
}

/** Makes the sandbox of a build around a command that does nothing. */
export async function probeSandbox(): Promise<Probe> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-probe-'));
  const log = logCapture(join(directory, 'log'), limits.logBytes);
  try {
    const { settings } = await runSandbox({
      name: `probe-${process.pid}`,
      identity: 'builder',
      mounts: await hostRoot(),
      files: new Map(),
      environment: buildEnvironment(0),
      command: ['/bin/sh', '-c', `printf ${beginMark} >&3`],
      limits,
      outputDirectory: directory,
      log,
      signal: new AbortController().signal,
    });
    return { counted: settings.controlGroup };
  } catch (fault) {
    if (fault instanceof Fault) return { fault, counted: false };
    throw fault;
  } finally {
    await log.close();
    await rm(directory, { recursive: true, force: true });
  }
}
