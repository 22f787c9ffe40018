import type { Code } from '../../../model/index.ts';
import type { BuildOrder } from '../../../ports.ts';
import type { ServiceEnd } from './wait.ts';

export interface Judged {
  readonly code: Code;
  readonly check: string;
  readonly found: string;
  readonly missing?: readonly string[];
}

/** What was wrong with the package; undefined when the service built it. */
export function judgeEnd(end: ServiceEnd, limits: BuildOrder['limits']): Judged | undefined {
  switch (end.kind) {
    case 'succeeded':
      return undefined;
    case 'failed':
      return {
        code: 'BuildFailed',
        check: 'rpmbuild ends well',
        found: 'the service says: failed',
      };
    case 'late': {
      const check = `the build ends within ${limits.seconds} seconds`;
      return { code: 'BuildLimit', check, found: 'it was still running, and was ended' };
    }
    case 'refused': {
      const found = `${end.code}${end.details === '' ? '' : `: ${end.details}`}`;
      return { code: 'BuildFailed', check: 'the build service can build the source', found };
    }
    case 'unresolvable': {
      const { missing, details } = end;
      const check = 'the root has all that the source package requires to be built';
      // Something else than a gap, such as a choice between two packages, is the site's to decide.
      if (missing.length === 0) return { code: 'BuildFailed', check, found: details };
      return { code: 'BuildRequirements', check, found: details, missing };
    }
  }
}
