import { Fault } from '../../model/index.ts';
import { plainAnswer } from '../answer.ts';
import { operator } from '../operator.ts';
import { textArgument, type Verb } from '../verb.ts';

const acknowledgeable =
  /^(generations|upstream\/[a-z0-9][a-z0-9._-]*|plan\/[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{64})$/;

export const acknowledgeVerb: Verb = {
  name: 'acknowledge',
  summary:
    'accept what halted the controller: rewritten history, an upstream that went backwards, a foreign log, a promotion that differs from its review',
  arguments: [
    ['<what>', 'the full commit id of the new head, upstream/NAME, generations, or plan/DIGEST'],
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
          expected: 'a full commit id, upstream/NAME, generations, or plan/DIGEST',
          fix: 'Copy the command that `sluice status` or the error prints.',
        });
      }
      if (what.startsWith('upstream/')) {
        const names = [...installation.memory().upstreams.keys()];
        if (!names.includes(what.slice('upstream/'.length))) throw unknownUpstream(what, names);
      }
      await installation.note('acknowledged', { what, by: operator() });
      return plainAnswer('Acknowledged', `${what} is acknowledged; run \`sluice reconcile\``);
    },
  },
};

function unknownUpstream(object: string, names: readonly string[]): Fault {
  return new Fault('NotFound', {
    object,
    check: 'no upstream of this name was ever mirrored',
    found: names.join(', ') || 'no upstreams at all',
    fix: 'Run `sluice get upstreams` for the names.',
  });
}
