import type { Entries } from '../entries.ts';
import { errorAt, type Finding } from '../finding.ts';
import type { Kind } from '../kinds/kinds.ts';

/** An empty repository, or one half deleted, never means "remove everything". */
export function everythingIsThere(entries: Entries): readonly Finding[] {
  const needed: readonly (readonly [Kind, string, string])[] = [
    ['Site', 'sluice.yaml', 'sluice.yaml'],
    ['Upstream', 'upstreams', 'an upstream under upstreams/'],
    ['Policy', 'policies', 'a policy under policies/'],
    ['Channel', 'channels', 'a channel under channels/'],
  ];
  return needed
    .filter(([kind]) => (entries.declared.get(kind)?.size ?? 0) === 0)
    .map(([, file, what]) =>
      errorAt({ file, line: 1, col: 1 }, 'PolicyMissing', {
        message: `the policy repository has no ${what.replace(/^an? /, '')}`,
        fix: `Add ${what}, or start with \`sluice init\`; what is published stays as it is.`,
      }),
    );
}
