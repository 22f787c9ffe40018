import { counted, type FileEdit, type Place, type Step } from '../model/index.ts';
import type { BuildWish } from './builds/wish.ts';
import { compareText } from './compare-text.ts';
import type { Wish } from './questions/wish.ts';
import { stepOf } from './step.ts';

/** Everything the controller may decide by itself in one pass is one commit. */
export function commitStep(
  decided: readonly Wish[],
  builds: readonly BuildWish[],
  recorded: readonly FileEdit[],
): readonly Step[] {
  const byPath = new Map<string, FileEdit>();
  const wished = [...decided, ...builds];
  for (const edit of [...recorded, ...wished.flatMap((w) => w.edits)]) {
    byPath.set(`${edit.path} ${edit.kind === 'set' ? edit.at.join('.') : ''}`, edit);
  }
  if (byPath.size === 0) return [];
  const edits = [...byPath.values()].toSorted((a, b) => compareText(a.path, b.path));
  const subject = subjectOf(decided, builds, recorded);
  return [stepOf({ kind: 'commit', subject, edits, why: reasonOf(wished, recorded) }, { edits })];
}

function subjectOf(
  decided: readonly Wish[],
  builds: readonly BuildWish[],
  recorded: readonly FileEdit[],
): string {
  const [only, ...others] = [...decided, ...builds];
  if (only && others.length === 0 && recorded.length === 0) return only.title;
  const channels = [...new Set(decided.map((w) => w.channel))].toSorted(compareText);
  const parts = [
    ...(decided.length > 0
      ? [`Promote ${counted(decided.length, 'update')} to ${channels.join(', ')}`]
      : []),
    ...buildParts(builds),
    ...recordedParts(recorded),
  ];
  const text = parts.join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** `start 3 builds` */
function buildParts(builds: readonly BuildWish[]): readonly string[] {
  return [...Map.groupBy(builds, (b) => b.kind)].map(
    ([kind, list]) => `${kind} ${counted(list.length, 'source package')}`,
  );
}

/** Hold files that a promotion lifted go; those of decisions that were taken back come. */
function recordedParts(recorded: readonly FileEdit[]): readonly string[] {
  const paths = (lifted: boolean) =>
    recorded.filter((e) => (e.kind === 'delete') === lifted).map((e) => e.path);
  const part = (verb: string, list: readonly string[]) =>
    list.length === 0 ? [] : [`${verb} ${list.join(', ')}`];
  return [...part('record', paths(false)), ...part('lift', paths(true))];
}

function reasonOf(
  decided: readonly Pick<Wish, 'at'>[],
  recorded: readonly FileEdit[],
): { readonly text: string; readonly at?: Place } {
  const first = decided[0];
  if (!first && recorded.every((e) => e.kind === 'delete')) {
    return { text: 'its update is promoted again' };
  }
  if (!first) return { text: 'a decision was taken back; automation must not bring it back' };
  return { text: 'the policy decides it without asking', ...(first.at ? { at: first.at } : {}) };
}
