import { setTimeout as sleep } from 'node:timers/promises';
import { missingOf, type PackageResult, readResult } from './answers.ts';
import type { ObsClient } from './client.ts';
import { unavailable, unsuitable } from './obs-fault.ts';
import type { Patience } from './settings.ts';

/** How a build on the service ended. */
export type ServiceEnd =
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'unresolvable'; readonly details: string; readonly missing: readonly string[] }
  | { readonly kind: 'refused'; readonly code: string; readonly details: string }
  /** It was still running. */
  | { readonly kind: 'late' };

export interface Wait {
  readonly project: string;
  readonly patience: Patience;
  /** That the build itself may take, from when a worker has it. */
  readonly seconds: number;
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
}

/** States that end a build but are also reported before the scheduler has looked properly. */
const settling = new Set(['unresolvable', 'broken', 'excluded', 'disabled', 'locked', 'unknown']);
const underWay = new Set(['building', 'signing', 'finished']);

/** Looks again and again until the build of the project has ended. Time in a queue is not the package's fault. */
export async function untilEnded(client: ObsClient, wait: Wait): Promise<ServiceEnd> {
  const { project, patience, signal } = wait;
  const clock = stateClock();
  for (;;) {
    const xml = await client.text({ path: ['build', project, '_result'] }, signal);
    const result = readResult(xml ?? '<resultlist/>');
    const state = stateOf(result);
    const { sinceSeconds, changed } = clock.see(state, result.dirty);
    if (changed) wait.note(`${state}${result.details === '' ? '' : `: ${result.details}`}`);
    const end = endOf(wait, result, sinceSeconds);
    if (end !== undefined) return end;
    if (!underWay.has(result.code) && clock.waitedSeconds() > patience.queue) {
      const found = `still ${state} after ${patience.queue} seconds`;
      throw unavailable(project, 'a worker of the build service takes the build', found);
    }
    await pause(patience.poll, signal);
  }
}

function stateOf(result: PackageResult): string {
  return result.repository === 'broken' ? 'broken repository' : result.code;
}

function endOf(wait: Wait, result: PackageResult, sinceSeconds: number): ServiceEnd | undefined {
  const { code, details } = result;
  if (code === 'succeeded' || code === 'failed') return { kind: code };
  if (underWay.has(code)) return sinceSeconds > wait.seconds ? { kind: 'late' } : undefined;
  if (result.dirty || sinceSeconds < wait.patience.settle) return undefined;
  if (result.repository === 'broken') {
    const check = 'the build service can set up the buildroot (builders.obs.projectConfig)';
    throw unsuitable(wait.project, check, result.repositoryDetails.slice(0, 500));
  }
  if (code === 'unresolvable') return { kind: code, details, missing: missingOf(details) };
  return settling.has(code) ? { kind: 'refused', code, details } : undefined;
}

/** How long a state lasts; what is building, signed and collected is one. */
function stateClock() {
  const began = Date.now();
  let last = '';
  let since = began;
  return {
    see: (state: string, dirty: boolean) => {
      const name = underWay.has(state) ? 'under way' : `${state}${dirty ? ' dirty' : ''}`;
      const changed = name !== last;
      if (changed) since = Date.now();
      last = name;
      return { sinceSeconds: (Date.now() - since) / 1000, changed };
    },
    waitedSeconds: () => (Date.now() - began) / 1000,
  };
}

export async function pause(seconds: number, signal: AbortSignal): Promise<void> {
  await sleep(seconds * 1000, undefined, { signal }).catch(() => signal.throwIfAborted());
}
