import type { Entries } from '../entries.ts';
import { errorAt, type Finding } from '../finding.ts';

/** An inbox is a directory on this machine, and has no metadata that could be mirrored elsewhere or grow old. */
export function inboxesFit({ upstreams, placeOf }: Entries): readonly Finding[] {
  return upstreams
    .filter((u) => u.layout === 'inbox')
    .flatMap(({ name, url, mirrors, limits, at }) => {
      const finding = (path: readonly string[], what: string, fix: string) =>
        errorAt(placeOf(at.file, path), 'PolicyConflict', { message: `${name} ${what}`, fix });
      return [
        ...(url.startsWith('/')
          ? []
          : [
              finding(['url'], 'is an inbox and no local directory', 'Name an absolute directory.'),
            ]),
        ...(mirrors === undefined
          ? []
          : [finding(['mirrors'], 'is an inbox and has mirrors', 'Delete mirrors.')]),
        ...(limits.maxAgeSeconds === undefined
          ? []
          : [finding(['limits'], 'is an inbox, whose age says nothing', 'Delete limits.maxAge.')]),
      ];
    });
}
