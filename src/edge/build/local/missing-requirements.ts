/**
 * What dnf or rpmbuild say is lacking. Their words come out of a sandbox and are believed only so far: the worst that a
 * lie does is to have something installed into the liar's own root.
 */
export function missingIn(output: string): readonly string[] {
  const patterns = [
    /^No match for argument: (.+)$/gm,
    /nothing provides (.+?)(?: needed by .+)?$/gm,
    /^\t(\S.*) is needed by \S+$/gm,
  ];
  const found = patterns.flatMap((p) => [...output.matchAll(p)].map((m) => m[1]?.trim() ?? ''));
  return [...new Set(found)].filter((text) => text !== '').toSorted();
}

/** What rpmbuild wanted to be installed before it began. */
export function unmetIn(output: string): readonly string[] {
  const at = output.lastIndexOf('error: Failed build dependencies:');
  return at < 0 ? [] : missingIn(output.slice(at));
}
