import {
  type ChannelSnapshot,
  nevraText,
  type PackageEntry,
  type Sha256,
  type SignedForm,
  type TreeContent,
} from '../../model/index.ts';

/** What is written into published repositories: packages in the form that is served, under the content's name. */
export interface ServedContent {
  readonly kind: 'channel';
  /** Of the content by source digests, which is not that of these trees. */
  readonly id: ChannelSnapshot['id'];
  readonly trees: ReadonlyMap<string, TreeContent>;
  /** The trees hold signed forms. */
  readonly isSigned?: true;
}

/**
 * The content with the signed form in place of every source; groups, modules and advisories name packages by their
 * label and stay. Every package must have one.
 */
export function signedContent(
  content: ChannelSnapshot,
  forms: ReadonlyMap<Sha256, SignedForm>,
): ServedContent {
  const form = (entry: PackageEntry): PackageEntry => {
    const signed = forms.get(entry.sha256);
    if (signed === undefined) throw new Error(`${nevraText(entry)} has no signed form`);
    return { ...entry, sha256: signed.sha256, sizeBytes: signed.sizeBytes };
  };
  const trees = [...content.trees].map(
    ([name, tree]) => [name, { ...tree, packages: tree.packages.map(form) }] as const,
  );
  return { kind: 'channel', id: content.id, trees: new Map(trees), isSigned: true };
}
