import { type Desired, Fault, type StepOf } from '../../model/index.ts';
import { closureStatus } from '../../planner/index.ts';
import { channelNamed } from '../channel-publication.ts';
import type { Installation } from '../installation.ts';

/**
 * Says what the closure of a proposal's result is, when its content is proposed: before its trial is served, so that a
 * pass that was killed in between proposes it again and says it then.
 */
export async function sayClosure(
  c: Installation,
  desired: Desired,
  { request }: StepOf<'propose'>,
): Promise<void> {
  const { identity, channel } = request;
  const status = closureStatus(request);
  if (status === undefined || channelNamed(desired, channel).gates.closure.mode === 'off') return;
  const proposals = await c.ports.forge.list();
  const record = proposals.find((p) => p.identity === identity && p.state === 'open');
  if (record === undefined || (record.edited && record.head !== request.follows)) return;
  try {
    await c.ports.forge.setStatuses(record.number, record.head, [status]);
  } catch (error) {
    // A token without the right to say it: the trial is worth serving all the same.
    if (!(error instanceof Fault) || error.code !== 'ForgeRefused') throw error;
    c.ports.log.emit({ kind: 'warning', text: error.message, fault: error.toJSON() });
  }
}
