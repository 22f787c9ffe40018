/** What the site changes in a spec: patches to be applied after the vendor's, and a mark in its release. */
export interface SpecEdit {
  /** File names of the patches, in the order in which they are applied. */
  readonly patches: readonly string[];
  /** Value of `%dist`, as the recipe has it. */
  readonly dist?: string;
}

export type EditedSpec =
  | {
      readonly kind: 'edited';
      readonly text: string;
      /** File that a patch takes the place of: the spec applies it already. */
      readonly replaced: Readonly<Record<string, string>>;
    }
  /** Nothing tells where a patch would be applied. */
  | { readonly kind: 'stuck'; readonly check: string };

/** Numbers of our own patches; vendors stay far below. */
const firstNumber = 90_001;

/**
 * Edits the text of a spec as a person would. It is never evaluated here, so only what stands in it literally is
 * understood; what is not understood is not guessed.
 *
 * - A spec with an empty place for a site's patch (as kernels have it: `Patch999999: linux-kernel-test.patch`, applied by
 *   `ApplyOptionalPatch`) is not edited: one patch takes that file's place.
 * - `%autosetup` and `%autopatch` apply whatever is declared: a `Patch` tag is enough.
 * - `%setup` alone: the tag, and `%patch` after the last patch that is applied, or after `%setup`.
 */
export function editSpec(spec: string, edit: SpecEdit): EditedSpec {
  const lines = spec.split('\n');
  const withRelease = edit.dist === undefined ? lines : markRelease(lines);
  const [first] = edit.patches;
  if (first === undefined) return { kind: 'edited', text: withRelease.join('\n'), replaced: {} };
  const place = placeholder(withRelease);
  if (place !== undefined && edit.patches.length === 1) {
    return { kind: 'edited', text: withRelease.join('\n'), replaced: { [place]: first } };
  }
  const prep = prepSection(withRelease);
  if (prep === undefined) return { kind: 'stuck', check: 'the spec has a %prep section' };
  const applied = appliedAfter(withRelease, prep);
  if (applied === undefined) {
    return {
      kind: 'stuck',
      check: 'the spec unpacks its sources with %autosetup, %autopatch or %setup',
    };
  }
  const text = inserted(withRelease, [
    {
      after: lastTag(withRelease, prep.start),
      lines: edit.patches.map((name, n) => `Patch${firstNumber + n}: ${name}`),
    },
    ...(applied === 'automatic'
      ? []
      : [
          { after: applied, lines: edit.patches.map((_, n) => `%patch -P ${firstNumber + n} -p1`) },
        ]),
  ]).join('\n');
  return { kind: 'edited', text, replaced: {} };
}

/** The file name of a patch that is declared and applied only where it is not empty. */
function placeholder(lines: readonly string[]): string | undefined {
  const optional = lines.flatMap((l) => /^\s*ApplyOptionalPatch\s+(\S+)/.exec(l)?.[1] ?? []);
  const declared = lines.flatMap((l) => /^Patch\d*:\s*(\S+)\s*$/i.exec(l)?.[1] ?? []);
  const test = declared.find((name) => /test\.patch$/.test(name) && optional.includes(name));
  return test;
}

interface Section {
  /** Index of its first line. */
  readonly start: number;
  /** Index after its last line. */
  readonly end: number;
}

const sectionStart =
  /^%(?:description|package|prep|generate_buildrequires|conf|build|install|check|clean|files|changelog|pre|post|preun|postun|pretrans|posttrans|trigger\w*|filetrigger\w*|transfiletrigger\w*|verifyscript|sepolicy|sourcelist|patchlist)\b/;

function prepSection(lines: readonly string[]): Section | undefined {
  const start = lines.findIndex((line) => /^%prep\b/.test(line));
  if (start < 0) return undefined;
  const length = lines.slice(start + 1).findIndex((line) => sectionStart.test(line));
  return { start, end: length < 0 ? lines.length : start + 1 + length };
}

/** Index of the line after which patches are applied by hand; `automatic` where declaring them is enough. */
function appliedAfter(lines: readonly string[], prep: Section): number | 'automatic' | undefined {
  const inside = [...lines.keys()].slice(prep.start, prep.end);
  const last = (pattern: RegExp) => inside.findLast((n) => pattern.test(lines[n] ?? ''));
  const automatic = last(/^\s*%\{?auto(?:setup|patch)\b/);
  const withoutPatches = automatic !== undefined && /\s-N\b/.test(lines[automatic] ?? '');
  if (automatic !== undefined && !withoutPatches) return 'automatic';
  return last(/^\s*%(?:patch\d*|\{patch\d*\})(?:\s|$)/) ?? last(/^\s*%(?:auto)?setup\b/);
}

/** Index of the last source or patch of the preamble, also inside of a condition that is closed again. */
function lastTag(lines: readonly string[], end: number): number {
  const preamble = lines.slice(0, end).findIndex((line) => sectionStart.test(line));
  const until = preamble < 0 ? end : preamble;
  const tags = [...lines.keys()].slice(0, until);
  const last = (pattern: RegExp) => tags.findLast((n) => pattern.test(lines[n] ?? ''));
  const tag =
    last(/^(?:Source|Patch)\d*\s*:/i) ?? last(/^(?:Name|Version|Release|License)\s*:/i) ?? 0;
  return afterConditions(lines, tag, until);
}

/** A tag inside of `%if … %endif` would come and go with the condition: go on behind it. */
function afterConditions(lines: readonly string[], index: number, end: number): number {
  const change = (n: number) =>
    /^\s*%if/.test(lines[n] ?? '') ? 1 : /^\s*%endif\b/.test(lines[n] ?? '') ? -1 : 0;
  let depth = 0;
  for (let n = 0; n <= index; n += 1) depth += change(n);
  let at = index;
  while (depth > 0 && at + 1 < end) {
    at += 1;
    depth += change(at);
  }
  return at;
}

interface Insertion {
  readonly after: number;
  readonly lines: readonly string[];
}

function inserted(lines: readonly string[], insertions: readonly Insertion[]): readonly string[] {
  return lines.flatMap((line, index) => {
    const here = insertions.filter((i) => i.after === index).flatMap((i) => i.lines);
    return [line, ...here];
  });
}

/** Where the spec does not use `%{?dist}`, its release ends with it now; `%{dist}` is defined for the build. */
function markRelease(lines: readonly string[]): readonly string[] {
  const end = lines.findIndex((line) => sectionStart.test(line));
  const preamble = end < 0 ? lines : lines.slice(0, end);
  if (preamble.some((line) => /^[^#]*%\{?\??dist\b/.test(line))) return lines;
  if (preamble.some((line) => /^Release\s*:.*%\{?\??autorelease\b/i.test(line))) return lines;
  return lines.map((line, index) =>
    index < preamble.length && /^Release\s*:\s*\S/i.test(line) ? `${line.trimEnd()}%{?dist}` : line,
  );
}
