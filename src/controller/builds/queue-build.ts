import type { Desired, Outcome, StepOf } from '../../model/index.ts';
import type { Installation } from '../installation.ts';

/** A pass never waits for a build: it is put into the queue, or, where nothing would see it through, named as due. */
export function queueBuild(c: Installation, desired: Desired, step: StepOf<'build'>): Outcome {
  const { subject, inputs } = step;
  const tries = inputs.stage === 'prepare' ? 'a trial of the patches on ' : '';
  const what = `${tries}${inputs.source.nevra} for ${inputs.arch}`;
  if (!c.builds) {
    const text = `${what} is due to be built; this command starts no builds`;
    const awaits = '`sluice run`, or `sluice reconcile --wait`';
    return { kind: 'waiting', hold: { code: 'BuildNotStarted', subject, text, awaits } };
  }
  c.builds.add({ step, desired });
  const text = `${what} is being built (attempt ${step.attempt})`;
  return { kind: 'waiting', hold: { code: 'BuildQueued', subject, text, awaits: 'the build' } };
}
