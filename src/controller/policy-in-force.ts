import type { Desired } from '../model/index.ts';
import type { Installation } from './installation.ts';
import { readPolicyAt } from './read-policy-at.ts';

/** What the newest accepted commit with valid policy files says; undefined before the first one. */
export async function policyInForce(c: Installation): Promise<Desired | undefined> {
  const commit = c.memory().desiredCommit ?? c.memory().acceptedHead;
  return commit === undefined ? undefined : (await readPolicyAt(c.ports, commit)).desired;
}
