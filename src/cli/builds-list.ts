import { isoTime } from '../controller/index.ts';
import type { BuildMemory, Memory } from '../observer/index.ts';

/** `sluice get builds`: newest attempt of each, with the place of its log below the state directory. */
export function buildsList(memory: Memory) {
  return {
    head: ['BUILD', 'SOURCE', 'ARCH', 'STATE', 'ATTEMPT', 'SINCE', 'LOG'],
    items: [...memory.builds.values()].map((build) => {
      const { key, inputs, attempt } = build;
      const { state, since } = stateOf(build);
      const log = build.records.some((r) => r.attempt === attempt && r.log !== undefined)
        ? `builds/${key}/${attempt}/build.log`
        : '-';
      const source = inputs.source.nevra;
      const row = [key.slice(0, 12), source, inputs.arch, state, String(attempt), since, log];
      return { name: key, row, data: build };
    }),
  };
}

function stateOf(build: BuildMemory): { readonly state: string; readonly since: string } {
  const last = build.records.at(-1);
  if (build.runningSince !== undefined) {
    const does = build.inputs.stage === 'prepare' ? 'trying patches' : 'building';
    return { state: does, since: isoTime(build.runningSince) };
  }
  const ended = last?.outcome === 'prepared' ? 'patches tried' : last?.outcome;
  const state = last?.outcome === 'failed' ? last.fault.code : (ended ?? 'begun');
  const retry = build.retry ? ', to be tried again' : '';
  return { state: `${state}${retry}`, since: last ? isoTime(last.endedAt) : '-' };
}
