import type { Sha256 } from './package.ts';

interface Digested {
  readonly sha256: Sha256;
}

/** Of each list the first 16 bits of its digests, in their places. */
const beginnings = new WeakMap<readonly Digested[], Uint16Array>();

/** The place of a digest in a list in any order; -1 where it is not in it. Looking through numbers is a matter of µs. */
export function placeOfDigest(list: readonly Digested[], digest: Sha256): number {
  const numbers = beginningsIn(list);
  const wanted = beginningOf(digest);
  let place = numbers.indexOf(wanted);
  while (place >= 0 && list[place]?.sha256 !== digest) place = numbers.indexOf(wanted, place + 1);
  return place;
}

function beginningsIn(list: readonly Digested[]): Uint16Array {
  const known = beginnings.get(list);
  if (known) return known;
  const numbers = new Uint16Array(list.length);
  let place = 0;
  for (const { sha256 } of list) {
    numbers[place] = beginningOf(sha256);
    place += 1;
  }
  beginnings.set(list, numbers);
  return numbers;
}

function beginningOf(digest: Sha256): number {
  let number = 0;
  for (let at = 0; at < 4; at += 1) number = (number << 4) | hexValue(digest.charCodeAt(at));
  return number;
}

/** Of a lower-case hex digit. */
export const hexValue = (code: number): number => (code > 57 ? code - 87 : code - 48);
