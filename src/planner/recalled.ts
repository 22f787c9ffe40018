/** An answer, and the objects that it was worked out from. */
export interface Remembered<T> {
  readonly inputs: readonly unknown[];
  readonly answer: T;
}

/** The answer of the last time while it was asked of the same objects: nothing in a world changes after it is made. */
export function recalled<K extends object, T>(
  memory: WeakMap<K, Remembered<T>>,
  asked: { readonly key: K; readonly inputs: readonly unknown[] },
  work: () => T,
): T {
  const { key, inputs } = asked;
  const last = memory.get(key);
  const isSame =
    last?.inputs.length === inputs.length && last.inputs.every((input, at) => input === inputs[at]);
  if (last && isSame) return last.answer;
  const answer = work();
  memory.set(key, { inputs, answer });
  return answer;
}
