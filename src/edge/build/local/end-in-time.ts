import type { ChildProcess } from 'node:child_process';

const graceMilliseconds = 5000;

/** The group's leader is bubblewrap (or what becomes it); with it the kernel ends every process inside. */
export function endInTime(
  child: ChildProcess,
  when: { readonly seconds: number; readonly signal: AbortSignal },
) {
  let timedOut = false;
  const timers: NodeJS.Timeout[] = [];
  const after = (milliseconds: number, act: () => void) =>
    timers.push(setTimeout(act, milliseconds));
  const end = () => {
    endGroup(child);
    after(graceMilliseconds, () => {
      for (const stream of child.stdio) stream?.destroy();
    });
  };
  after(when.seconds * 1000, () => {
    timedOut = true;
    end();
  });
  if (when.signal.aborted) end();
  when.signal.addEventListener('abort', end, { once: true });
  return {
    timedOut: () => timedOut,
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
      when.signal.removeEventListener('abort', end);
    },
  };
}

/** Every process that it started and that is still of its group. */
export function endGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
