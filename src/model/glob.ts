/**
 * Does a glob match the whole text? `*` stands for any characters, `?` for one; there is nothing else, so the work is
 * bounded by the product of the two lengths whatever the pattern.
 */
export function matchesGlob(glob: string, text: string): boolean {
  let g = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (glob[g] === '*') {
      star = g++;
      resume = t;
    } else if (g < glob.length && (glob[g] === '?' || glob[g] === text[t])) {
      g++;
      t++;
    } else if (star >= 0) {
      g = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (glob[g] === '*') g++;
  return g === glob.length;
}

/** Could one text match both globs? */
export function globsOverlap(a: string, b: string): boolean {
  let above = Array.from({ length: b.length + 1 }, (_, j) => allStars(b.slice(0, j)));
  for (let i = 1; i <= a.length; i++) {
    const row = [above[0] === true && a[i - 1] === '*'];
    for (let j = 1; j <= b.length; j++) {
      const [x, y] = [a[i - 1], b[j - 1]];
      // A star stands for nothing, or for whatever the other side's last character stands for.
      const star = x === '*' || y === '*';
      const step = star ? above[j] === true || row[j - 1] === true : above[j - 1] === true;
      row.push(step && (star || x === y || x === '?' || y === '?'));
    }
    above = row;
  }
  return above[b.length] === true;
}

const allStars = (text: string): boolean => /^\**$/.test(text);

/** Characters before the first wildcard: what makes one glob more specific than another. */
export function literalPrefix(glob: string): string {
  return /^[^*?]*/.exec(glob)?.[0] ?? '';
}

export const isGlob = (text: string): boolean => /[*?]/.test(text);
