import { canonicalDigest, digestOf, type Sha256 } from '../../model/index.ts';
import type { MirrorJob } from './job.ts';

/**
 * Digest of everything in the policy that decides which packages of an upstream are taken. While it and repomd.xml are
 * the same, the snapshot is the same, and verdicts of an earlier sync can be taken over.
 */
export function rulesDigest({ upstream, keys }: MirrorJob, now: number): Sha256 {
  const today = new Date(now * 1000).toISOString().slice(0, 10);
  return canonicalDigest({
    keys: keys.map((key) => digestOf(key.text)).toSorted(),
    require: upstream.require,
    exceptions: upstream.exceptions
      .filter((e) => today <= e.until)
      .map(({ allow, packages }) => ({ allow, packages })),
    tree: upstream.tree,
    include: upstream.include,
    exclude: upstream.exclude,
    verifyTags: upstream.verifyTags,
    maxPackageBytes: upstream.limits.maxPackageBytes,
    ...(upstream.git === undefined ? {} : { git: upstream.git }),
  });
}
