import type { Upstream } from '../../model/index.ts';
import { checkGitUrl } from '../addresses.ts';
import type { Entries } from '../entries.ts';
import { errorAt, type Finding } from '../finding.ts';

/** Specs are in a git repository and bring source packages; nothing else has a branch. */
export function specsFit(entries: Entries): readonly Finding[] {
  return entries.upstreams.flatMap((upstream) => {
    const dislike = (path: string, message: string, fix: string): Finding =>
      errorAt(entries.placeOf(upstream.at.file, [path]), 'PolicyConflict', {
        message: `${upstream.name} ${message}`,
        fix,
      });
    if (upstream.layout === 'spec') return specFindings(upstream, dislike);
    if (!/^ssh:/i.test(upstream.url)) return [];
    return [dislike('url', 'is no git repository', 'Name an http(s) address, or layout: spec.')];
  });
}

type Dislike = (path: string, message: string, fix: string) => Finding;

function specFindings(upstream: Upstream, dislike: Dislike): readonly Finding[] {
  const { url, mirrors, tree, limits, exceptions } = upstream;
  const address = checkGitUrl(url);
  const expected = 'Name https://…, ssh://… or an absolute directory.';
  return [
    ...('problem' in address
      ? [dislike('url', `has an address that ${address.problem}`, expected)]
      : []),
    ...(tree === 'source'
      ? []
      : [dislike('tree', 'packs specs, which are source packages', 'Write tree: source.')]),
    ...(mirrors === undefined
      ? []
      : [dislike('mirrors', 'is a git repository and has mirrors', 'Delete mirrors.')]),
    ...(limits.maxAgeSeconds === undefined
      ? []
      : [
          dislike('limits', 'is a git repository, whose age says nothing', 'Delete limits.maxAge.'),
        ]),
    ...(exceptions.length === 0
      ? []
      : [dislike('exceptions', 'packs specs, and nothing excuses a commit', 'Delete exceptions.')]),
  ];
}
