import { stringify } from 'yaml';
import type { Channel, Desired } from '../src/model/index.ts';

/** The policy repository of a wide site: path and text of every file. */
export function* policyFiles(desired: Desired): Iterable<readonly [string, string]> {
  const { site } = desired;
  yield file('sluice.yaml', 'Site', {
    name: site.name,
    url: site.url,
    trust: { mode: site.trust },
  });
  for (const { name, match, priority, action, at } of desired.policies) {
    yield file(at.file, 'Policy', { name, match: { packages: match.packages }, priority, action });
  }
  for (const { name, url, tree, at } of desired.upstreams.values()) {
    const require = { metadataSignature: false, packageSignatures: false };
    yield file(at.file, 'Upstream', { name, url, tree, keys: [], require });
  }
  for (const channel of desired.channels.values()) {
    yield file(channel.at.file, 'Channel', channelDocument(channel));
  }
  for (const { id, file: path, advisory, packages } of desired.updates.values()) {
    yield file(path, 'Update', { id, advisory, packages });
  }
  for (const { update, channel, file: path } of desired.promotions) {
    yield file(path, 'Promotion', { update, channel });
  }
}

function channelDocument({ name, path, trees, base, follows, keep, gates }: Channel): object {
  const { soakSeconds, closure, removals } = gates;
  return {
    ...{ name, path, trees, keep },
    base: base.map(({ upstream, snapshot }) => ({
      ...{ upstream, snapshot, taken: '2026-11-20T06:00:00Z', advance: 'updates' },
    })),
    ...(follows === undefined ? {} : { follows }),
    gates: {
      soak: `${soakSeconds / 86_400}d`,
      closure: { mode: closure.mode },
      removals: { max: removals.max },
    },
  };
}

const file = (path: string, kind: string, document: object): readonly [string, string] => [
  path,
  stringify({ apiVersion: 'sluice/v1', kind, ...document }, { lineWidth: 0 }),
];
