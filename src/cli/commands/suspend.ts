import { type Installation, readPolicyAt } from '../../controller/index.ts';
import { Fault } from '../../model/index.ts';
import { plainAnswer } from '../answer.ts';
import { operator } from '../operator.ts';
import { textArgument, textOption, type Verb } from '../verb.ts';

export const suspendVerb: Verb = {
  arguments: [['<object>', 'upstream/NAME, channel/NAME or policy']],
  options: [
    ['--reason <text>', 'why; shown in status'],
    ['--until <time>', 'ISO 8601 time at which it ends by itself'],
  ],
  examples: ['sluice suspend channel/production --reason "datacentre move" --until 2026-12-01'],
  how: {
    needs: 'writing',
    async run(call, { installation }) {
      const object = objectOf(textArgument(call, 0) ?? '');
      const reason = textOption(call, 'reason');
      if (!reason) {
        throw new Fault('Usage', {
          object,
          check: 'a suspension without a reason would be a mystery later',
          fix: 'Give one: --reason "…".',
        });
      }
      await refuseUnknown(installation, object);
      const until = untilSeconds(textOption(call, 'until'));
      const suspension = { object, reason, ...(until === undefined ? {} : { until }) };
      await installation.note('suspended', { suspension, by: operator() });
      return plainAnswer('Suspended', `${object} is suspended: ${reason}`);
    },
  },
};

export const resumeVerb: Verb = {
  arguments: [['<object>', 'upstream/NAME, channel/NAME or policy']],
  examples: ['sluice resume channel/production'],
  how: {
    needs: 'writing',
    async run(call, { installation }) {
      const object = objectOf(textArgument(call, 0) ?? '');
      if (!installation.memory().suspensions.some((s) => s.object === object)) {
        return plainAnswer('Resumed', `${object} was not suspended`);
      }
      await installation.note('resumed', { object, by: operator() });
      return plainAnswer('Resumed', `${object} goes on`);
    },
  },
};

/** A suspension of nothing would be taken for one of something. */
async function refuseUnknown(c: Installation, object: string): Promise<void> {
  const commit = c.memory().desiredCommit;
  const desired = commit && (await readPolicyAt(c.ports, commit)).desired;
  if (!desired || object === 'policy') return;
  const known = [
    ...[...desired.upstreams.keys()].map((n) => `upstream/${n}`),
    ...[...desired.channels.keys()].map((n) => `channel/${n}`),
  ];
  if (known.includes(object)) return;
  throw new Fault('NotFound', {
    object,
    check: 'the policy has nothing of this name',
    found: known.join(', '),
    fix: 'Name one of these, or policy.',
  });
}

function objectOf(text: string): string {
  if (text === 'policy' || /^(upstream|channel)\/[a-z0-9][a-z0-9._-]*$/.test(text)) return text;
  throw new Fault('Usage', {
    object: text,
    check: 'not an object that can be suspended',
    expected: 'upstream/NAME, channel/NAME or policy',
    fix: 'Run `sluice status` for the names.',
  });
}

function untilSeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return Math.floor(time / 1000);
  throw new Fault('Usage', {
    object: text,
    check: '--until is not a time',
    expected: '2026-12-01 or 2026-12-01T08:00:00Z',
    fix: 'Write an ISO 8601 time.',
  });
}
