import { type Channel, type Hold, nevraText, type Update } from '../../model/index.ts';
import { policyOfPackage } from '../builds/built-here.ts';
import type { Context } from '../world.ts';

/** Says which policy never lets an update into a channel, and for which package. */
export function neverHold(context: Context, update: Update, channel: Channel): Hold {
  const about = {
    code: 'PolicyHold',
    subject: `update:${update.id}`,
    channel: channel.name,
  } as const;
  for (const p of update.packages) {
    const entry = context.packages.get(p.sha256, p.nevra);
    const policy = policyOfPackage(context, update, p);
    const never = policy?.approvals[channel.name] === 'never';
    if (!policy || (policy.action !== 'hold' && !never)) continue;
    const what = never ? `never lets into ${channel.name}` : 'holds';
    const text = `policy ${policy.name} ${what}: ${entry ? nevraText(entry) : p.nevra}`;
    return { ...about, text, awaits: `a change of ${policy.at.file}`, at: policy.at };
  }
  const text = `a policy never lets ${update.id} into ${channel.name}`;
  return { ...about, text, awaits: 'a change of the policy that holds it', at: channel.at };
}
