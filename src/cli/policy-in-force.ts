import { policyInForce } from '../controller/index.ts';
import { type Desired, Fault } from '../model/index.ts';
import type { Site } from './config.ts';
import { openForReading } from './wire.ts';

/** The accepted policy; undefined where there is none yet or it cannot be read. */
export async function readPolicyInForce(site: Site): Promise<Desired | undefined> {
  try {
    const { installation } = await openForReading(site);
    return await policyInForce(installation);
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}
