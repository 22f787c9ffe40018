/**
 * Tells whether a whole text matches a shell-like pattern: `*` any run, `?` one character, `[abc]`, `[a-z]`, `[!abc]`
 * one of or none of a set. Everything else stands for itself; a `[` without its `]` does too. No regular expression is
 * ever made from the pattern, and the work is bounded by pattern length times text length.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let starAt = -1;
  let retryAt = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      starAt = p;
      retryAt = t;
      p += 1;
      continue;
    }
    const next = matchOne(pattern, p, text.charCodeAt(t));
    if (next !== undefined) {
      p = next;
      t += 1;
      continue;
    }
    if (starAt < 0) return false;
    // Only the last star needs to give way: an earlier one could not match more than this one can.
    retryAt += 1;
    t = retryAt;
    p = starAt + 1;
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}

/** Position after the pattern element at `p` when it accepts the character, else undefined. */
function matchOne(pattern: string, p: number, character: number): number | undefined {
  if (p >= pattern.length) return undefined;
  if (pattern[p] === '?') return p + 1;
  if (pattern[p] === '[') {
    // A `]` right after the opening belongs to the set, as in the shell.
    const negated = pattern[p + 1] === '!';
    const first = p + (negated ? 2 : 1);
    const close = pattern.indexOf(']', first + 1);
    if (close > 0) {
      return inSet(pattern.slice(first, close), character) !== negated ? close + 1 : undefined;
    }
  }
  return pattern.charCodeAt(p) === character ? p + 1 : undefined;
}

function inSet(set: string, character: number): boolean {
  for (let i = 0; i < set.length; i += 1) {
    const low = set.charCodeAt(i);
    if (set[i + 1] === '-' && i + 2 < set.length) {
      if (character >= low && character <= set.charCodeAt(i + 2)) return true;
      i += 2;
    } else if (low === character) {
      return true;
    }
  }
  return false;
}
