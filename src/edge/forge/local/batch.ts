import type { PolicyPlace } from '../../git/index.ts';

/** Contents of objects of the private clone, in the order asked; undefined where there is no such object. */
export async function readObjects(
  place: PolicyPlace,
  names: readonly string[],
): Promise<readonly (string | undefined)[]> {
  if (names.length === 0) return [];
  const answer = await place.git({
    directory: place.clone,
    args: ['cat-file', '--batch'],
    input: names.map((name) => `${name}\n`).join(''),
  });
  const bytes = answer.stdout;
  const texts: (string | undefined)[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at);
    const head = bytes.toString('utf8', at, end);
    const size = /^[0-9a-f]+ \w+ (\d+)$/.exec(head)?.[1];
    texts.push(size === undefined ? undefined : bytes.toString('utf8', end + 1, end + 1 + +size));
    at = size === undefined ? end + 1 : end + 2 + Number(size);
  }
  return texts;
}
