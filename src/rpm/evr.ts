import type { Evr } from '../model/index.ts';

const tilde = 0x7e;
const caret = 0x5e;

const isDigit = (c: number): boolean => c >= 0x30 && c <= 0x39;
const isLetter = (c: number): boolean => (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a);
const counts = (c: number): boolean => isDigit(c) || isLetter(c) || c === tilde || c === caret;

/**
 * Orders two version or release strings exactly as rpm does (`rpmvercmp`, rpm-version(7)): runs of digits and of ASCII
 * letters are compared in turn, everything else only separates; `~` sorts before the end, `^` after it.
 */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    i = skipSeparators(a, i);
    j = skipSeparators(b, j);
    const marked = compareMarks(a.charCodeAt(i), b.charCodeAt(j));
    if (marked === 'both') {
      i += 1;
      j += 1;
      continue;
    }
    if (marked !== 'none') return marked;
    if (i >= a.length || j >= b.length) break;

    const numeric = isDigit(a.charCodeAt(i));
    const endA = runEnd(a, i, numeric);
    const endB = runEnd(b, j, numeric);
    // Digits are newer than letters.
    if (endB === j) return numeric ? 1 : -1;
    const order = numeric
      ? compareNumbers(a.slice(i, endA), b.slice(j, endB))
      : compareText(a.slice(i, endA), b.slice(j, endB));
    if (order !== 0) return order;
    i = endA;
    j = endB;
  }
  if (i >= a.length && j >= b.length) return 0;
  return i >= a.length ? -1 : 1;
}

/** Orders epoch, then version, then release. */
export function compareEvr(a: Evr, b: Evr): number {
  if (a.epoch !== b.epoch) return a.epoch < b.epoch ? -1 : 1;
  return compareVersions(a.version, b.version) || compareVersions(a.release, b.release);
}

function skipSeparators(text: string, from: number): number {
  let at = from;
  while (at < text.length && !counts(text.charCodeAt(at))) at += 1;
  return at;
}

/** `charCodeAt` gives NaN at the end of the text, which is what the caret rule asks about. */
function compareMarks(a: number, b: number): number | 'both' | 'none' {
  if (a === tilde || b === tilde) {
    if (a !== tilde) return 1;
    if (b !== tilde) return -1;
    return 'both';
  }
  if (a === caret || b === caret) {
    if (Number.isNaN(a)) return -1;
    if (Number.isNaN(b)) return 1;
    if (a !== caret) return 1;
    if (b !== caret) return -1;
    return 'both';
  }
  return 'none';
}

function runEnd(text: string, from: number, numeric: boolean): number {
  const belongs = numeric ? isDigit : isLetter;
  let at = from;
  while (at < text.length && belongs(text.charCodeAt(at))) at += 1;
  return at;
}

function compareNumbers(a: string, b: string): number {
  const x = a.replace(/^0+/, '');
  const y = b.replace(/^0+/, '');
  if (x.length !== y.length) return x.length < y.length ? -1 : 1;
  return compareText(x, y);
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
