import type { Channel } from '../../model/index.ts';
import type { Entries } from '../entries.ts';
import { errorAt, type Finding, warningAt } from '../finding.ts';
import { unknownName } from './known.ts';

/** Every base entry names an upstream, each upstream once. */
export function basesExist(entries: Entries): readonly Finding[] {
  return entries.channels.flatMap((channel) =>
    channel.base.flatMap((base, i) => {
      const at = entries.placeOf(channel.at.file, ['base', i, 'upstream']);
      const first = channel.base.findIndex((b) => b.upstream === base.upstream);
      if (first === i) return unknownName(entries, 'Upstream', { name: base.upstream, at });
      const message = `"${base.upstream}" is a base of ${channel.name} twice`;
      return [errorAt(at, 'PolicyConflict', { message, fix: 'Keep one of the two entries.' })];
    }),
  );
}

/** Each upstream's tree is one of the channel's, and a follower has no tree that its source lacks. */
export function treesFit(entries: Entries): readonly Finding[] {
  return entries.channels.flatMap((channel) => [
    ...baseTrees(entries, channel),
    ...followedTrees(entries, channel),
    ...treesOnce(entries, channel),
  ]);
}

function baseTrees(entries: Entries, channel: Channel): readonly Finding[] {
  return channel.base.flatMap((base, i) => {
    const upstream = entries.upstreams.find((u) => u.name === base.upstream);
    if (upstream === undefined || channel.trees.includes(upstream.tree)) return [];
    // Source packages may be there to be built only.
    if (upstream.tree === 'source' && entries.policies.some((p) => p.build)) return [];
    const at = entries.placeOf(channel.at.file, ['base', i, 'upstream']);
    const message = `"${upstream.name}" fills the tree "${upstream.tree}", which ${channel.name} does not have`;
    const fix = `Add ${upstream.tree} to trees, or correct the tree in ${upstream.at.file}.`;
    return [errorAt(at, 'PolicyConflict', { message, fix })];
  });
}

function followedTrees(entries: Entries, channel: Channel): readonly Finding[] {
  const followed = entries.channels.find((c) => c.name === channel.follows);
  if (followed === undefined) return [];
  return channel.trees.flatMap((tree, i) => {
    if (followed.trees.includes(tree)) return [];
    const at = entries.placeOf(channel.at.file, ['trees', i]);
    const message = `${channel.name} follows ${followed.name}, which has no tree "${tree}"`;
    const fix = `Take ${tree} out here, or add it to ${followed.at.file}.`;
    return [errorAt(at, 'PolicyConflict', { message, fix })];
  });
}

/** A base that takes updates waits for ever where the followed channel makes none of that upstream. */
export function updatesArrive(entries: Entries): readonly Finding[] {
  return entries.channels.flatMap((channel) => {
    const followed = entries.channels.find((c) => c.name === channel.follows);
    return channel.base.flatMap((base, i) => {
      const source = followed?.base.find((b) => b.upstream === base.upstream);
      if (base.advance !== 'updates' || source?.advance !== 'snapshot') return [];
      const at = entries.placeOf(channel.at.file, ['base', i, 'upstream']);
      const message = `${followed?.name} moves the pin of ${base.upstream} (advance: snapshot), so no update of it ever comes to ${channel.name}`;
      const fix = 'Write advance: snapshot here too, or advance: updates there.';
      return [warningAt(at, 'PolicyConflict', { message, fix })];
    });
  });
}

function treesOnce(entries: Entries, channel: Channel): readonly Finding[] {
  return channel.trees.flatMap((tree, i) => {
    if (channel.trees.indexOf(tree) === i) return [];
    const at = entries.placeOf(channel.at.file, ['trees', i]);
    return [
      errorAt(at, 'PolicyConflict', {
        message: `the tree "${tree}" is listed twice`,
        fix: 'Keep one.',
      }),
    ];
  });
}

export function followsExists(entries: Entries): readonly Finding[] {
  return entries.channels.flatMap((channel) => {
    if (channel.follows === undefined) return [];
    const at = entries.placeOf(channel.at.file, ['follows']);
    return unknownName(entries, 'Channel', { name: channel.follows, at });
  });
}

/** Nobody follows himself, not even by way of others. */
export function followsInOrder(entries: Entries): readonly Finding[] {
  const next = new Map(entries.channels.map((c) => [c.name, c.follows]));
  return entries.channels.flatMap((channel) => {
    const way = [channel.name];
    let at = channel.follows;
    while (at !== undefined && !way.includes(at)) {
      way.push(at);
      at = next.get(at);
    }
    if (at !== channel.name) return [];
    const place = entries.placeOf(channel.at.file, ['follows']);
    const message = `channels follow each other in a circle: ${[...way, at].join(' → ')}`;
    return [
      errorAt(place, 'PolicyConflict', { message, fix: 'Take follows out of the first of them.' }),
    ];
  });
}

export function closureChannelsExist(entries: Entries): readonly Finding[] {
  return entries.channels.flatMap((channel) =>
    channel.gates.closure.with.flatMap((name, i) => {
      const at = entries.placeOf(channel.at.file, ['gates', 'closure', 'with', i]);
      if (name !== channel.name) return unknownName(entries, 'Channel', { name, at });
      const message = 'closure.with names the channel itself';
      return [
        errorAt(at, 'PolicyConflict', { message, fix: 'Take it out; it is always looked at.' }),
      ];
    }),
  );
}
