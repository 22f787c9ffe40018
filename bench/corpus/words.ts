import { pick, type Random, randomOf, wholeBelow } from './random.ts';

const beginnings = 'b br c ch d dr f fl g gr h j k kl l m n p pl qu r s sh st t tr v w x z'.split(
  ' ',
);
const vowels = 'a e i o u ai ea ou'.split(' ');
const endings = ['', '', '', 'l', 'n', 'r', 's', 't', 'm'];

/** Some thousand words that look like words, so that texts compress roughly as texts do. */
export const vocabulary: readonly string[] = Array.from({ length: 6000 }, (_, n) => {
  const random = randomOf(0x776f7264, n);
  let word = '';
  for (let syllables = 2 + wholeBelow(random, 2); syllables > 0; syllables -= 1) {
    word += pick(random, beginnings) + pick(random, vowels) + pick(random, endings);
  }
  return word;
});

export const word = (random: Random): string => pick(random, vocabulary);

/** Common words only, a capital at the beginning. */
export function sentence(random: Random, count: number): string {
  const words = Array.from({ length: count }, () => vocabulary[wholeBelow(random, 1500)] ?? '');
  const text = words.join(' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
