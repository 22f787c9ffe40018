import {
  type Channel,
  type ChannelSnapshot,
  type Desired,
  Fault,
  type Hold,
  nevraText,
  type Upstream,
} from '../model/index.ts';
import { channelContent, currentGeneration } from '../observer/index.ts';
import { compromisedKeys, readKeyring, signersNamed } from '../rpm/index.ts';
import { derivedJson, hexOf, packageHead } from '../store/index.ts';
import type { Installation } from './installation.ts';

/** Raised when the same packages would give other signers. */
const format = 1;
const shown = 5;

/**
 * What channels serve of vendors who took a key back as compromised. New packages by it are refused when they are
 * mirrored; these were published before, and people have to decide about them.
 */
export async function servedByRevokedKeys(
  c: Installation,
  desired: Desired,
): Promise<readonly Hold[]> {
  const holds: Hold[] = [];
  for (const upstream of desired.upstreams.values()) {
    for (const key of await compromised(desired, upstream)) {
      for (const channel of desired.channels.values()) {
        if (!channel.base.some((b) => b.upstream === upstream.name)) continue;
        const hold = await servedBy(c, { upstream, channel, key });
        if (hold) holds.push(hold);
      }
    }
  }
  return holds;
}

async function compromised(desired: Desired, upstream: Upstream) {
  const files = upstream.keys.map((path) => ({ path, text: desired.keys.get(path) ?? '' }));
  try {
    return compromisedKeys(await readKeyring(files));
  } catch (error) {
    // A key file that cannot be read is told where it is used.
    if (error instanceof Fault) return [];
    throw error;
  }
}

async function servedBy(
  c: Installation,
  at: {
    readonly upstream: Upstream;
    readonly channel: Channel;
    readonly key: { readonly fingerprint: string; readonly reason: string };
  },
): Promise<Hold | undefined> {
  const { upstream, channel, key } = at;
  const record = currentGeneration(c.memory(), channel.name);
  const content = record && (await channelContent(c.snapshots, record.content));
  if (!content) return undefined;
  const signers = await signersIn(c, content);
  const packages = (content.trees.get(upstream.tree)?.packages ?? []).filter((p) =>
    signers[p.sha256]?.some((name) => key.fingerprint.endsWith(name)),
  );
  if (packages.length === 0) return undefined;
  const names = packages.slice(0, shown).map(nevraText).join(', ');
  const more = packages.length > shown ? ` and ${packages.length - shown} more` : '';
  return {
    code: 'RevokedKeyServed',
    ...{ subject: `upstream:${upstream.name}`, channel: channel.name },
    text: `${channel.name} serves ${packages.length} packages signed by ${key.fingerprint}, revoked (${key.reason}): ${names}${more}`,
    awaits: `a hold file under holds/${channel.name}/ that takes them out, or packages signed anew by ${upstream.name}`,
    at: upstream.at,
  };
}

/** Source digest → who its signatures name; read from the heads once per content. */
async function signersIn(
  c: Installation,
  content: ChannelSnapshot,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const place = { path: `signers/${hexOf(content.id)}.json`, format };
  return await derivedJson(c.store, place, async () => {
    const signers: Record<string, readonly string[]> = {};
    for (const { packages } of content.trees.values()) {
      for (const entry of packages) {
        const head = await packageHead(c.store, entry);
        signers[entry.sha256] = signersNamed(head, nevraText(entry));
      }
    }
    return signers;
  });
}
