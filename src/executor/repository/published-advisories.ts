import { type Advisory, type Nevra, nevraText, type TreeContent } from '../../model/index.ts';

/** A tree's advisories as they are published: each lists only packages that the tree has. */
export function publishedAdvisories(content: TreeContent): readonly Advisory[] {
  if (content.advisories.length === 0) return [];
  const present = new Set(content.packages.map(label));
  return content.advisories.map(({ advisory }) => ({
    ...advisory,
    collections: advisory.collections
      .map((c) => ({ ...c, packages: c.packages.filter((p) => present.has(label(p))) }))
      .filter((c) => c.packages.length > 0),
  }));
}

const label = (n: Nevra): string => nevraText(n);
