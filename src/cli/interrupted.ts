import { constants } from 'node:os';

/** How long a pass that is under way may go on, in milliseconds; less than what service managers wait before they kill. */
const patience = 8000;

/**
 * Settles when somebody ends this process. Whoever does so again, or what is not done by then, ends it at once with the
 * exit code that shells give to a signal: what is on disk is whole at every instant, and the next start goes on from there.
 * The listeners stay: execa's own would take a signal that nobody else listens to for the end of the process, and cut
 * off the pass that is under way.
 */
export function untilInterrupted(): Promise<void> {
  let ending = false;
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      const leave = () => {
        process.stderr.write('stopped in the middle of a pass; the next start goes on with it\n');
        process.exit(128 + constants.signals[signal]);
      };
      process.on(signal, () => {
        if (ending) leave();
        ending = true;
        setTimeout(leave, patience).unref();
        resolve();
      });
    }
  });
}
