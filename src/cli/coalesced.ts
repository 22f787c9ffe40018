/**
 * Many hints, one piece of work: it starts a moment after the first hint, and once more at its end when others came
 * meanwhile. However many come, no queue grows.
 */
export function coalesced(work: () => Promise<unknown>, delayMilliseconds: number): () => void {
  let state: 'idle' | 'waiting' | 'working' = 'idle';
  let again = false;
  const hint = (): void => {
    again ||= state === 'working';
    if (state !== 'idle') return;
    state = 'waiting';
    setTimeout(begin, delayMilliseconds).unref();
  };
  const begin = async (): Promise<void> => {
    state = 'working';
    again = false;
    // The work tells its own failures; the next hint counts all the same.
    await work().catch(() => undefined);
    state = 'idle';
    if (again) hint();
  };
  return hint;
}
