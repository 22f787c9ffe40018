import type { Code } from '../../../model/index.ts';
import type { BuildOrder } from '../../../ports.ts';
import type { SandboxEnd } from './run-sandbox.ts';

export interface Judged {
  readonly code: Code;
  readonly check: string;
  readonly found: string;
}

/** What was wrong with a build that ran; undefined when it says that it succeeded. What it made is judged elsewhere. */
export function judgeEnd(end: SandboxEnd, limits: BuildOrder['limits']): Judged | undefined {
  const limit = judgeLimits(end, limits);
  if (limit !== undefined) return limit;
  if (end.output.refused !== undefined) {
    const check = 'a build brings out regular files only, no more than its limits';
    return { code: 'BuildOutputRefused', check, found: end.output.refused };
  }
  if (end.exitCode === 0) return undefined;
  const found = end.exitCode === undefined ? 'it was killed' : `exit code ${end.exitCode}`;
  return { code: 'BuildFailed', check: 'rpmbuild ends well, in a sandbox without network', found };
}

/** Which limit a sandbox met. */
export function judgeLimits(
  end: Pick<SandboxEnd, 'hit'>,
  limits: BuildOrder['limits'],
): Judged | undefined {
  if (end.hit === 'time') {
    const check = `the build ends within ${limits.seconds} seconds`;
    return { code: 'BuildLimit', check, found: 'it was still running, and was ended' };
  }
  if (end.hit === 'memory') {
    const check = `the build needs at most ${limits.memoryBytes} bytes of memory`;
    return { code: 'BuildLimit', check, found: 'the kernel ended it' };
  }
  return undefined;
}
