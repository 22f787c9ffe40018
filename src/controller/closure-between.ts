import {
  type ChannelSnapshot,
  type ClosureFinding,
  canonicalDigest,
  channelSnapshot,
  type TreeContent,
} from '../model/index.ts';
import { channelContent, currentGeneration } from '../observer/index.ts';
import { newFindings } from '../planner/index.ts';
import type { Installation } from './installation.ts';
import { obtain } from './needs.ts';
import { policyInForce } from './policy-in-force.ts';

/** What one side of a comparison holds: trees by name, by channel; `''` is a content of no channel. */
export type ByChannel = ReadonlyMap<string, ReadonlyMap<string, TreeContent>>;

export interface ClosureBetween {
  /** What the second side lacks and the first did not. */
  readonly broken: readonly ClosureFinding[];
  /** The other way round. */
  readonly mended: readonly ClosureFinding[];
}

/**
 * How the dependency closure of two contents differs. A channel is judged beside the channels that its closure gate
 * names, as they are now.
 */
export async function closureBetween(
  c: Installation,
  a: ByChannel,
  b: ByChannel,
): Promise<ClosureBetween> {
  const [before, after] = [await findingsOf(c, a), await findingsOf(c, b)];
  return { broken: newFindings(before, after), mended: newFindings(after, before) };
}

async function findingsOf(c: Installation, side: ByChannel): Promise<readonly ClosureFinding[]> {
  const findings: ClosureFinding[] = [];
  for (const [channel, trees] of side) {
    const content = channelSnapshot(trees);
    const others = await besides(c, channel);
    const inputs = { content: content.id, with: others.map((o) => o.id) };
    const id = canonicalDigest({ kind: 'closure', ...inputs });
    const need = { kind: 'closure', id, content, with: others } as const;
    findings.push(...(await obtain(c.store, c.closures, need)).findings);
  }
  return findings;
}

async function besides(c: Installation, channel: string): Promise<readonly ChannelSnapshot[]> {
  const names = (await policyInForce(c))?.channels.get(channel)?.gates.closure.with ?? [];
  const contents: ChannelSnapshot[] = [];
  for (const name of names) {
    const current = currentGeneration(c.memory(), name);
    const content = current && (await channelContent(c.snapshots, current.content));
    if (content) contents.push(content);
  }
  return contents;
}
