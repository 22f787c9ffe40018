import { close, commit, mirrorUpstream, point, propose } from '../executor/index.ts';
import { type Desired, Fault, type Handlers, type Outcome, type StepOf } from '../model/index.ts';
import { declared } from '../observer/index.ts';
import { assembleStep } from './assemble-step.ts';
import { queueBuild } from './builds/queue-build.ts';
import { channelNamed, compressionsOf } from './channel-publication.ts';
import { sayClosure } from './conversation/say-closure.ts';
import type { Installation } from './installation.ts';
import { signPackages } from './signed-packages.ts';
import { publishTrial } from './trials.ts';

/** One function per kind of step; what each really does is in `src/executor`. */
export function handlers(c: Installation, desired: Desired): Handlers<Promise<Outcome>> {
  const head = () => c.memory().acceptedHead ?? desired.commit;
  return {
    mirror: (step) => mirror(c, desired, step),
    build: async (step) => queueBuild(c, desired, step),
    sign: (step) => signPackages(c, step),
    commit: (step) => commit(c.ports, step, head()),
    assemble: (step) => assembleStep(c, desired, step),
    point: (step) =>
      point(c.ports, c.store, {
        journal: c.journal,
        record: step.record,
        path: channelNamed(desired, step.channel).path,
        ...(step.from === undefined ? {} : { from: step.from }),
      }),
    propose: async (step) => {
      const proposalsUrl = `${desired.site.url}/proposals`;
      const { request } = step;
      const outcome = await propose(c.ports, { request, head: head(), proposalsUrl });
      await sayClosure(c, desired, step);
      await publishTrial(c, desired, step);
      return outcome;
    },
    ask: ({ request }) => propose(c.ports, { request, head: head(), siteUrl: desired.site.url }),
    close: (step) => close(c.ports, step),
  };
}

async function mirror(c: Installation, desired: Desired, step: StepOf<'mirror'>): Promise<Outcome> {
  const upstream = desired.upstreams.get(step.upstream);
  if (!upstream) throw new Error(`the plan mirrors an unknown upstream ${step.upstream}`);
  const memory = c.memory();
  const previous = memory.upstreams.get(upstream.name)?.latest;
  const floor = memory.floors.get(upstream.name);
  try {
    const content = previous ? await c.snapshots.read(previous.snapshot) : undefined;
    const { taken, unchanged } = await mirrorUpstream(c.ports, c.store, {
      upstream,
      keys: upstream.keys.map((path) => ({ path, text: desired.keys.get(path) ?? '' })),
      ...(previous ? { previous } : {}),
      ...(floor ? { floor } : {}),
      ...(content?.kind === 'upstream' ? { previousSnapshot: content } : {}),
      codecs: compressionsOf(desired, upstream),
      acknowledgedRollback: memory.acknowledgedUpstreams.has(upstream.name),
    });
    await c.note('mirrored', { taken, unchanged, declared: declared(desired, upstream.name) });
    return unchanged
      ? { kind: 'already' }
      : { kind: 'done', text: `${upstream.name}: ${taken.snapshot}` };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    await c.note('mirror-failed', {
      upstream: upstream.name,
      fault: error.toJSON(),
      declared: declared(desired, upstream.name),
    });
    throw error;
  }
}
