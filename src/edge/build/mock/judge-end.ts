import { type Code, Fault } from '../../../model/index.ts';
import type { BuildOrder } from '../../../ports.ts';

export interface Judged {
  readonly code: Code;
  readonly check: string;
  readonly found: string;
  readonly missing?: readonly string[];
}

export interface MockEnd {
  readonly exitCode: number | undefined;
  readonly timedOut: boolean;
  /** The last that it wrote. */
  readonly said: string;
}

/**
 * What an exit code of mock says of the package (the list is in its `exception.py`); undefined when it built. Whatever
 * is wrong with mock or the machine is thrown.
 */
export function judgeEnd(end: MockEnd, limits: BuildOrder['limits']): Judged | undefined {
  const { exitCode, said } = end;
  if (end.timedOut || exitCode === 11) {
    const check = `the build ends within ${limits.seconds} seconds`;
    return { code: 'BuildLimit', check, found: 'it was still running, and was ended' };
  }
  if (exitCode === 0) return undefined;
  if (exitCode === 10) {
    return { code: 'BuildFailed', check: 'rpmbuild ends well', found: 'mock: error in rpmbuild' };
  }
  if (exitCode === 40) {
    return { code: 'BuildFailed', check: 'mock can read the source package', found: tail(said) };
  }
  const missing = missingOf(said);
  if (missing.length > 0 && (exitCode === 30 || exitCode === 20)) {
    const check = 'the root has all that the source package requires to be built';
    return { code: 'BuildRequirements', check, found: missing.join(', '), missing };
  }
  throw new Fault('ToolFailed', {
    object: 'mock',
    check: 'mock can set up the build',
    found: `exit code ${exitCode ?? '(killed)'}: ${tail(said)}`,
    fix: 'Run the same build with mock by hand; root.log in its result folder says more.',
  });
}

/** As dnf puts it. */
function missingOf(said: string): readonly string[] {
  const patterns = [
    /No matching package to install: '([^']+)'/g,
    /nothing provides (.+?) needed by/g,
  ];
  const found = patterns.flatMap((pattern) =>
    [...said.matchAll(pattern)].map(([, name = '']) => name),
  );
  return [...new Set(found)];
}

const tail = (text: string): string => text.trim().split('\n').slice(-4).join(' | ').slice(-500);
