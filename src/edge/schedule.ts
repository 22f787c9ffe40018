import cron from 'node-cron';

export interface Scheduled {
  stop(): Promise<void>;
}

/** Wakes at the ticks of a cron expression in UTC, never while the last wake still runs. */
export function schedule(expression: string, wake: () => Promise<void>): Scheduled {
  const task = cron.schedule(expression, wake, { timezone: 'Etc/UTC', noOverlap: true });
  return { stop: async () => void (await task.destroy()) };
}
