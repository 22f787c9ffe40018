import { type Installation, readPolicyAt } from '../../controller/index.ts';
import { Fault } from '../../model/index.ts';
import { servedNames } from '../../store/index.ts';
import { plainAnswer } from '../answer.ts';
import { operator } from '../operator.ts';
import { textArgument, type Verb } from '../verb.ts';

const acknowledgeable =
  /^(generations|clock|upstream\/[a-z0-9][a-z0-9._-]*|plan\/[0-9a-f]{64}|served\/[A-Za-z0-9][A-Za-z0-9._/-]*|[0-9a-f]{40}|[0-9a-f]{64})$/;

export const acknowledgeVerb: Verb = {
  arguments: [
    [
      '<what>',
      'the full commit id of the new head, upstream/NAME, generations, clock, plan/DIGEST, or served/PATH',
    ],
  ],
  examples: ['sluice acknowledge upstream/vendor', 'sluice acknowledge $(git rev-parse main)'],
  how: {
    needs: 'writing',
    async run(call, { installation }) {
      const what = textArgument(call, 0) ?? '';
      if (!acknowledgeable.test(what)) {
        throw new Fault('Usage', {
          object: what,
          check: 'nothing that can be acknowledged',
          expected:
            'a full commit id, upstream/NAME, generations, clock, plan/DIGEST, or served/PATH',
          fix: 'Copy the command that `sluice status` or the error prints.',
        });
      }
      if (what.startsWith('upstream/')) {
        const names = [...installation.memory().upstreams.keys()];
        if (!names.includes(what.slice('upstream/'.length))) throw unknownUpstream(what, names);
      }
      if (what.startsWith('served/')) await refuseDeclared(installation, what);
      await installation.note('acknowledged', { what, by: operator() });
      return plainAnswer('Acknowledged', `${what} is acknowledged; run \`sluice reconcile\``);
    },
  },
};

/** What a channel declares ends with its file, never with a command. */
async function refuseDeclared(c: Installation, what: string): Promise<void> {
  const path = what.slice('served/'.length);
  const commit = c.memory().desiredCommit;
  const desired = commit && (await readPolicyAt(c.ports, commit)).desired;
  const channel = [...(desired?.channels.values() ?? [])].find((each) => each.path === path);
  if (channel === undefined && (await servedNames(c.store)).has(path)) return;
  throw new Fault('NotFound', {
    object: what,
    check: 'something is served there that no channel of the policy declares',
    found: channel ? `the channel ${channel.name}` : 'nothing is served there',
    fix: 'Run `sluice status`: it names what is Undeclared.',
  });
}

function unknownUpstream(object: string, names: readonly string[]): Fault {
  return new Fault('NotFound', {
    object,
    check: 'no upstream of this name was ever mirrored',
    found: names.join(', ') || 'no upstreams at all',
    fix: 'Run `sluice get upstreams` for the names.',
  });
}
