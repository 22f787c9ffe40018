import type { Installation } from '../controller/index.ts';
import { Fault } from '../model/index.ts';
import { trustModeOf } from '../policy/index.ts';

/**
 * Where commits must be signed by people, what a person decides is not committed by the controller for them: its
 * signature would say that the controller decided it. Where approvals decide, a pull request is the way.
 */
export async function leaveToPeople(
  c: Installation,
  decision: {
    readonly object: string;
    readonly instead: string;
    /** The way in trust mode `forge`; undefined where this already is one. */
    readonly byPullRequest?: string;
  },
): Promise<void> {
  const head = c.memory().acceptedHead;
  const text = head && (await c.ports.policyGit.readText(head, 'sluice.yaml'));
  const trust = text === undefined ? 'open' : (trustModeOf(text) ?? 'open');
  if (trust === 'open') return;
  if (trust === 'forge') {
    if (decision.byPullRequest === undefined) return;
    throw new Fault('CommitNotMerged', {
      object: decision.object,
      check: 'people approve this decision (trust mode forge)',
      fix: decision.byPullRequest,
    });
  }
  throw new Fault('CommitUnsigned', {
    object: decision.object,
    check: 'a person signs this decision (trust mode keys)',
    fix: decision.instead,
  });
}
