/**
 * Settles when somebody ends this process. The listeners stay: execa's own would take a signal that nobody else listens to for the end of the process, and cut
 * off the pass that is under way.
 */
export function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve());
  });
}
