import { fileNameOf, type HeldAdvisory, type Update } from '../../model/index.ts';
import { advisorySubstance } from '../../rpm/index.ts';
import { compareText } from '../compare-text.ts';
import { updatePath } from '../questions/wish.ts';
import { namedAdvisory } from '../updates/drafts.ts';
import { revisionOf, withoutRevision, withRevision } from '../updates/revision.ts';
import { frozenSince } from '../upstream-health.ts';
import { type Context, suspensionOf } from '../world.ts';
import { newestOf, sourceOf, toldIn } from './built-here.ts';
import { overtakes } from './updates.ts';

/**
 * What vendors tell of a source package after it was built here, or tell otherwise now: a new revision of the built
 * update, over the same results. Nothing is built for it; where it is promoted, the advisory names the built packages.
 */
export function advisoryRevisions(context: Context, pinned: readonly Update[]): readonly Update[] {
  if (pinned.length === 0) return [];
  const told = currentlyTold(context);
  const newest = pinned.filter((u) => !pinned.some((other) => overtakes(other, u)));
  return newest.flatMap((last) => {
    const source = sourceOf(last);
    const alike = pinned.filter((u) => isRevisionOf(u, last) && hasSameNames(u, last));
    const news = [...(source ? (told.get(fileNameOf(source)) ?? []) : [])]
      .filter(([id, versions]) => isNews(context, versions, { id, alike }))
      .toSorted(([a], [b]) => compareText(a, b));
    return news.flatMap(([, [held]], i) => (held ? [revised(last, held, i + 1)] : []));
  });
}

/** Source package file → id of an advisory → how each upstream that is up to date tells it now. */
function currentlyTold(
  context: Context,
): ReadonlyMap<string, ReadonlyMap<string, readonly HeldAdvisory[]>> {
  const all = new Map<string, Map<string, HeldAdvisory[]>>();
  for (const upstream of context.desired.upstreams.keys()) {
    if (frozenSince(context, upstream) !== undefined) continue;
    if (suspensionOf(context, `upstream/${upstream}`)) continue;
    const snapshot = newestOf(context, upstream);
    for (const [file, told] of snapshot ? toldIn(snapshot) : []) {
      const byId = all.get(file) ?? new Map<string, HeldAdvisory[]>();
      all.set(file, byId);
      for (const held of told) {
        const { id } = held.advisory;
        byId.set(id, [...(byId.get(id) ?? []), held]);
      }
    }
  }
  return all;
}

/** No revision has the advisory, or the latest that has it has it otherwise than every upstream now. */
function isNews(
  context: Context,
  versions: readonly HeldAdvisory[],
  { id, alike }: { readonly id: string; readonly alike: readonly Update[] },
): boolean {
  const [latest] = alike
    .filter((u) => u.advisory?.id === id)
    .toSorted((a, b) => revisionOf(b.id) - revisionOf(a.id));
  if (!latest?.advisory) return true;
  const { sha256 } = latest.advisory;
  const recorded = context.advisories.get(sha256);
  if (!recorded || versions.some((held) => held.sha256 === sha256)) return false;
  const substance = advisorySubstance(recorded.advisory);
  return versions.every((held) => advisorySubstance(held.advisory) !== substance);
}

function revised(last: Update, held: HeldAdvisory, later: number): Update {
  const id = withRevision(withoutRevision(last.id), revisionOf(last.id) + later);
  const before = last.advisory?.id === held.advisory.id ? last.advisory : undefined;
  const file = updatePath(id);
  const at = { file, line: 1, col: 1 };
  return { ...last, id, file, at, advisory: namedAdvisory(held, before) };
}

const isRevisionOf = (a: Update, b: Update): boolean =>
  withoutRevision(a.id) === withoutRevision(b.id);

/** What an advisory names is the same. */
export function hasSameNames(a: Update, b: Update): boolean {
  const names = (u: Update) => new Set(u.packages.map((p) => `${p.tree} ${p.nevra}`));
  return names(a).symmetricDifference(names(b)).size === 0;
}
