export interface Scheduled {
  stop(): Promise<void>;
}

/** Wakes at the ticks of a cron expression in UTC, never while the last wake still runs. */
export async function schedule(expression: string, wake: () => Promise<void>): Promise<Scheduled> {
  // Only a controller that stays up has any use for it.
  const { default: cron } = await import('node-cron');
  const task = cron.schedule(expression, wake, { timezone: 'Etc/UTC', noOverlap: true });
  return { stop: async () => void (await task.destroy()) };
}
