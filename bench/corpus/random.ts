/** Numbers from 0 up to 1, always the same ones for the same seed. */
export type Random = () => number;

/**
 * A small generator of the splitmix family: a counter in steps of the golden ratio, each value mixed until no bit of
 * the counter shows. Good enough to draw names and sizes; nothing here is secret.
 */
export function randomOf(...seed: readonly number[]): Random {
  let counter = 0;
  for (const part of seed) counter = mix(counter ^ part);
  return () => {
    counter = (counter + 0x9e3779b9) | 0;
    return (mix(counter) >>> 0) / 2 ** 32;
  };
}

function mix(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

/** A whole number from 0 up to `below`. */
export const wholeBelow = (random: Random, below: number): number => Math.floor(random() * below);

export function pick<T>(random: Random, list: readonly T[]): T {
  const chosen = list[wholeBelow(random, list.length)];
  if (chosen === undefined) throw new Error('nothing to pick from');
  return chosen;
}

export function hexDigits(random: Random, count: number): string {
  let digits = '';
  while (digits.length < count) {
    digits += Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  }
  return digits.slice(0, count);
}

/** Standard normal distribution (Box and Muller). */
export function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}

/** Exponential distribution with mean 1. */
export const exponential = (random: Random): number => -Math.log(1 - random());
