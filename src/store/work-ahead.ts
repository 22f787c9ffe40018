/**
 * Results in the order of the items, with the next few under way meanwhile. Memory holds `depth` results at most;
 * when the consumer stops or one fails, nothing is left running.
 */
export async function* workAhead<T, R>(
  items: readonly T[],
  depth: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  let next = 0;
  try {
    while (next < items.length || running.length > 0) {
      for (; running.length < depth && next < items.length; next += 1) {
        const item = items[next];
        if (item !== undefined) running.push(quiet(work(item)));
      }
      const first = running.shift();
      if (first) yield await first;
    }
  } finally {
    await Promise.allSettled(running);
  }
}

/** Its failure is heard where it is awaited, not as an unhandled rejection before. */
function quiet<R>(promise: Promise<R>): Promise<R> {
  promise.catch(() => undefined);
  return promise;
}
