import type { PackageDetail, Sha256 } from '../model/index.ts';
import { type KnownPackage, keepDependencies, knownOf } from './block-dependencies.ts';
import { keepMembers } from './block-metadata.ts';
import { type Fragments, fragmentsOf, keepTexts } from './block-texts.ts';
import type { Block } from './blocks.ts';
import type { Codec } from './member.ts';
import type { Store } from './paths.ts';

/** What is derived of a package when it comes in; all else that its header says can go at once. */
export interface ArrivedPackage {
  readonly fragments: Fragments;
  readonly known: KnownPackage;
}

export function arrivedPackage(detail: PackageDetail): ArrivedPackage {
  return { fragments: fragmentsOf(detail), known: knownOf(detail) };
}

/**
 * Keeps what metadata and the closure check need of a block whose packages have just come in, and its members as they
 * are most likely to be published, so that nobody reads those packages again.
 */
export async function keepArrivedBlock(
  store: Store,
  block: Block,
  {
    packages,
    codecs,
  }: {
    readonly packages: ReadonlyMap<Sha256, ArrivedPackage>;
    readonly codecs: readonly Codec[];
  },
): Promise<void> {
  const fragments = new Map([...packages].map(([sha256, one]) => [sha256, one.fragments]));
  const known = new Map([...packages].map(([sha256, one]) => [sha256, one.known]));
  const texts = await keepTexts(store, block, fragments);
  for (const codec of codecs) await keepMembers(store, block, { codec, texts });
  await keepDependencies(store, block, known);
}
