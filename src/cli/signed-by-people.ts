import type { Installation } from '../controller/index.ts';
import { Fault } from '../model/index.ts';
import { trustModeOf } from '../policy/index.ts';

/**
 * Where commits must be signed by people, what a person decides is not committed by the controller for them: its
 * signature would say that the controller decided it.
 */
export async function leaveToPeople(
  c: Installation,
  decision: { readonly object: string; readonly instead: string },
): Promise<void> {
  const head = c.memory().acceptedHead;
  const text = head && (await c.ports.policyGit.readText(head, 'sluice.yaml'));
  if (text === undefined || (trustModeOf(text) ?? 'open') === 'open') return;
  throw new Fault('CommitUnsigned', {
    object: decision.object,
    check: 'a person signs this decision (trust mode keys)',
    fix: decision.instead,
  });
}
