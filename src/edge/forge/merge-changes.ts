import type { CommitId } from '../../model/index.ts';
import { isReadAsPolicy, largestFileBytes } from '../../policy/index.ts';
import type { Forge, MergedFile, TreeFile } from '../../ports.ts';
import { cloneGit, type PolicyPlace } from '../git/index.ts';
import { mergedTree } from './branch.ts';

interface Change {
  readonly path: string;
  /** `000000` where the path is gone. */
  readonly mode: string;
  readonly oid: string;
}

/** What a merge would make of the policy files, from objects that lie in the private clone; nothing is checked out. */
export async function mergeChanges(
  place: PolicyPlace,
  head: CommitId,
  onto: CommitId,
): ReturnType<Forge['mergeChanges']> {
  const tree = await mergedTree(await cloneGit(place), onto, head);
  if (tree === undefined) return undefined;
  const flags = ['-r', '-z', '--raw', '--no-abbrev', '--no-renames', '--end-of-options'];
  const args = ['diff-tree', ...flags, onto, tree];
  const answer = await place.git({ directory: place.clone, args });
  const changes = changesIn(answer.stdout.toString('utf8')).filter((c) => isReadAsPolicy(c.path));
  const blobs = changes.filter((c) => c.mode.startsWith('100')).map((c) => c.oid);
  const sizes = await sizesOf(place, blobs);
  const small = blobs.filter((oid) => (sizes.get(oid) ?? 0) <= largestFileBytes);
  const texts = await textsOf(place, small);
  return changes.map((c) => mergedFile(c, { sizes, texts }));
}

/** `:100644 100644 <oid> <oid> M`, NUL, the path, NUL. */
function changesIn(output: string): readonly Change[] {
  const parts = output.split('\0').filter(Boolean);
  return parts.flatMap((line, i): Change[] => {
    const [, mode = '', , oid = ''] = line.split(' ');
    const path = parts[i + 1];
    return i % 2 === 0 && path !== undefined ? [{ path, mode, oid }] : [];
  });
}

function mergedFile(
  { path, mode, oid }: Change,
  known: {
    readonly sizes: ReadonlyMap<string, number>;
    readonly texts: ReadonlyMap<string, string>;
  },
): MergedFile {
  if (/^0+$/.test(mode)) return { path, file: undefined, text: undefined };
  const special = mode === '100755' || mode === '120000' || mode === '160000';
  const kind: TreeFile['mode'] = special ? mode : '100644';
  const file = { path, mode: kind, sizeBytes: known.sizes.get(oid) ?? 0 };
  return { path, file, text: known.texts.get(oid) };
}

async function sizesOf(
  place: PolicyPlace,
  oids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const output = await asked(place, '--batch-check=%(objectname) %(objectsize)', oids);
  const lines = output.toString('latin1').split('\n').filter(Boolean);
  return new Map(
    lines.map((line) => {
      const [oid = '', size] = line.split(' ');
      return [oid, Number(size)] as const;
    }),
  );
}

/** Each answer is `<oid> <size>`, a line end, so many bytes and another line end. */
async function textsOf(
  place: PolicyPlace,
  oids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const output = await asked(place, '--batch=%(objectname) %(objectsize)', oids);
  const texts = new Map<string, string>();
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf('\n', at);
    const [oid = '', size] = output.toString('latin1', at, end).split(' ');
    const next = end + 1 + Number(size);
    texts.set(oid, new TextDecoder().decode(output.subarray(end + 1, next)));
    at = next + 1;
  }
  return texts;
}

async function asked(place: PolicyPlace, how: string, oids: readonly string[]): Promise<Buffer> {
  if (oids.length === 0) return Buffer.alloc(0);
  const input = `${oids.join('\n')}\n`;
  const answer = await place.git({ directory: place.clone, args: ['cat-file', how], input });
  return answer.stdout;
}
