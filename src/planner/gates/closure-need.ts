import {
  type ChannelSnapshot,
  type ClosureFinding,
  type ClosureNeed,
  canonicalDigest,
  parseNevra,
} from '../../model/index.ts';
import { stateOf } from '../world.ts';
import type { Judging } from './judging.ts';

/** Asks for the dependency closure of a content beside the channels that machines use together with it. */
export function closureNeed({ context, channel }: Judging, content: ChannelSnapshot): ClosureNeed {
  const others = channel.gates.closure.with.flatMap(
    (name) => stateOf(context, name)?.content ?? [],
  );
  const inputs = { content: content.id, with: others.map((c) => c.id) };
  return {
    kind: 'closure',
    id: canonicalDigest({ kind: 'closure', ...inputs }),
    content,
    with: others,
  };
}

export function findingsOf(
  { context }: Judging,
  need: ClosureNeed,
): readonly ClosureFinding[] | undefined {
  return context.actual.facts.get(need.id)?.findings;
}

/** A newer version with the same old complaint brings nothing new, so versions do not count. */
export function findingKey(finding: ClosureFinding): string {
  const nevra = parseNevra(finding.nevra);
  const label = nevra ? `${nevra.name}.${nevra.arch}` : finding.nevra;
  return `${finding.tree}\n${label}\n${finding.requirement}`;
}

export function newFindings(
  before: readonly ClosureFinding[],
  after: readonly ClosureFinding[],
): readonly ClosureFinding[] {
  const known = new Set(before.map(findingKey));
  return after.filter((f) => !known.has(findingKey(f)));
}

export const findingText = (f: ClosureFinding): string => `${f.nevra} needs ${f.requirement}`;
