import { Lexer } from 'yaml';
import type { Place } from '../../model/index.ts';
import { errorAt, type Finding } from '../finding.ts';

export interface ScanLimits {
  readonly maxBytes: number;
  /** `:` tokens, so keys. */
  readonly maxKeys: number;
  /** All tokens; a parse costs time in proportion. */
  readonly maxTokens: number;
}

/** Where a character offset stands. */
export type PlaceOf = (offset: number) => Place;

const maxDepth = 64;
const markers = new Set(['\u0002', '\u0018', '\u001f']);

/**
 * Looks through a file's tokens before anything is built of them: refuses what Sluice's YAML does not have (anchors,
 * aliases, tags, directives, several documents) and stops at the first token beyond the limits, so that hostile text
 * costs no more than reading that far.
 */
export function scan(text: string, place: PlaceOf, limits: ScanLimits): Finding | undefined {
  const state: ScanState = { offset: 0, depth: 0, onLine: 0, keys: 0, tokens: 0, documents: 0 };
  let scalarNext = false;
  for (const token of new Lexer().lex(text)) {
    if (markers.has(token)) {
      scalarNext = token === '\u001f';
      continue;
    }
    const problem = scalarNext ? tooMany(state, limits) : judge(token, state, limits);
    if (problem !== undefined) {
      return errorAt(place(state.offset), 'PolicyUnreadable', {
        message: problem[0],
        fix: problem[1],
      });
    }
    scalarNext = false;
    state.offset += token.length;
  }
  return undefined;
}

interface ScanState {
  offset: number;
  /** Open brackets and braces. */
  depth: number;
  /** `-` and `?` on this line, each a level of its own. */
  onLine: number;
  keys: number;
  tokens: number;
  documents: number;
}

type Problem = readonly [message: string, fix: string];

function judge(token: string, state: ScanState, limits: ScanLimits): Problem | undefined {
  const first = token[0];
  if (first === '&') return ['anchors are not allowed', 'Write the value out where it is needed.'];
  if (first === '*') return ['aliases are not allowed', 'Write the value out here.'];
  if (first === '!') return ['tags are not allowed', 'Delete the tag; every scalar is text.'];
  if (first === '%') return ['directives are not allowed', 'Delete the line.'];
  if (token === '---' && state.documents++ > 0) {
    return ['a second document starts here', 'Put each document into a file of its own.'];
  }
  if (token === '\n' || token === '\r\n') state.onLine = 0;
  if (first === '[' || first === '{') state.depth++;
  if (first === ']' || first === '}') state.depth--;
  if (token === '-' || token === '?') state.onLine++;
  if (token === ':') state.keys++;
  if (state.depth > maxDepth || state.onLine > maxDepth) {
    return [`nested more than ${maxDepth} levels deep`, 'Policy files need five levels at most.'];
  }
  return tooMany(state, limits);
}

function tooMany(state: ScanState, limits: ScanLimits): Problem | undefined {
  state.tokens++;
  if (state.keys > limits.maxKeys) {
    return [`more than ${limits.maxKeys} keys`, 'Split the file into several.'];
  }
  if (state.tokens > limits.maxTokens) {
    return [`more than ${limits.maxTokens} tokens`, 'Split the file into several.'];
  }
  return undefined;
}
