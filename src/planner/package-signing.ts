import {
  type Channel,
  type ChannelSnapshot,
  type Hold,
  nevraText,
  type Reason,
  type Sha256,
  type Step,
} from '../model/index.ts';
import { stepOf } from './step.ts';
import type { Context } from './world.ts';

/** Full fingerprint of the key that signs a channel's packages; undefined where they are served as they came. */
export function packageKeyOf({ sign }: Pick<Channel, 'sign'>): string | undefined {
  return sign.packages === 'keep' || sign.packages === 'unsigned' ? undefined : sign.packages;
}

export interface PackageSigning {
  readonly key: string | undefined;
  /** What lacks its signed form, in one step; none where everything has it. */
  readonly steps: readonly Step[];
  readonly hold?: Hold;
}

/** What has to be signed before a channel can serve this. */
export function packageSigning(
  context: Context,
  publication: {
    readonly channel: Channel;
    readonly content: ChannelSnapshot;
    readonly why: Reason;
  },
): PackageSigning {
  const { channel, content, why } = publication;
  const key = packageKeyOf(channel);
  if (key === undefined) {
    const hold = unsignedHold(context, channel, content);
    return { key, steps: [], ...(hold ? { hold } : {}) };
  }
  if (!context.actual.signingKeys.includes(key)) {
    return { key, steps: [], hold: absentKey(channel, key) };
  }
  const known = context.actual.signed?.get(key);
  const lacking = new Map(
    [...content.trees.values()]
      .flatMap((tree) => tree.packages)
      .filter((p) => !known?.has(p.sha256))
      .map((p): [Sha256, typeof p] => [p.sha256, p]),
  );
  if (lacking.size === 0) return { key, steps: [] };
  const { commit } = context.desired;
  const inputs = { channel: channel.name, key, packages: [...lacking.keys()] };
  const packages = [...lacking.values()];
  const work = { kind: 'sign', channel: channel.name, signingKey: key, packages, commit } as const;
  return { key, steps: [stepOf({ ...work, why }, inputs)] };
}

/** What was built here has no signature until a key of this site gives it one. */
export function servesBuiltUnsigned({ sign }: Pick<Channel, 'sign'>): boolean {
  return sign.packages === 'keep';
}

/** A channel that signed its packages and shall not any more still has what was built here. */
function unsignedHold(
  context: Context,
  channel: Channel,
  content: ChannelSnapshot,
): Hold | undefined {
  if (!servesBuiltUnsigned(channel)) return undefined;
  const built = new Set<Sha256>();
  for (const update of context.updates.values()) {
    if (update.build) for (const p of update.packages) built.add(p.sha256);
  }
  if (built.size === 0) return undefined;
  const packages = [...content.trees.values()].flatMap((tree) => tree.packages);
  const first = packages.find((p) => built.has(p.sha256));
  if (!first) return undefined;
  return {
    code: 'BuiltUnsigned',
    ...{ subject: `channel:${channel.name}`, channel: channel.name },
    text: `${channel.name} keeps signatures as they came, and ${nevraText(first)} was built here without one`,
    awaits: `sign.packages: <fingerprint> in ${channel.at.file}`,
    at: channel.at,
  };
}

function absentKey(channel: Channel, key: string): Hold {
  return {
    code: 'KeyMissing',
    subject: `channel:${channel.name}`,
    channel: channel.name,
    text: `packages of ${channel.name} cannot be signed: the key ${key} is not here`,
    awaits: 'the key under keys/ of the state directory, or another sign.packages',
    at: channel.at,
  };
}
