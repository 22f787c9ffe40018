/** The candidate that was probably meant: two letters differ at most, or a third of them. */
export function nearest(written: string, candidates: readonly string[]): string | undefined {
  const word = written.slice(0, 80).toLowerCase();
  const limit = Math.max(2, Math.floor(word.length / 3));
  const ranked = candidates
    .map((c) => ({ c, distance: editDistance(word, c.toLowerCase()) }))
    .filter(({ c, distance }) => distance <= limit && (distance < c.length || word.startsWith(c)))
    .toSorted((a, b) => a.distance - b.distance);
  return ranked[0]?.c;
}

/** `Did you mean "x"? ` or nothing, ready to stand before the list of what is possible. */
export function didYouMean(written: string, candidates: readonly string[]): string {
  const near = nearest(written, candidates);
  return near === undefined ? '' : `Did you mean "${near}"? `;
}

/** Levenshtein distance; a swap of neighbours counts as one. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(at(above, j) + 1, at(row, j - 1) + 1, at(above, j - 1) + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, at(before, j - 2) + 1);
      }
      row.push(best);
    }
    before = above;
    above = row;
  }
  return at(above, b.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? 0;
