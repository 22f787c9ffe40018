import type { BuildOrder } from '../../../ports.ts';
import { editedSource } from '../edited-source.ts';
import { inside } from './build-script.ts';
import type { ReadSource } from './read-source.ts';

export type SourceFiles =
  /** Path inside → text, laid over what the source package has. */
  | { readonly kind: 'files'; readonly files: ReadonlyMap<string, string> }
  | { readonly kind: 'stuck'; readonly check: string };

/** What the recipe changes in a source package, where it lies inside. */
export function sourceFiles(order: BuildOrder, { content }: ReadSource): SourceFiles {
  const edited = editedSource(order, content);
  if (edited.kind === 'stuck') return edited;
  const spec = edited.spec === content.spec.text ? [] : [[inside.spec, edited.spec] as const];
  const patches = [...edited.patches].map(
    ([name, text]) => [`${inside.patches}/${name}`, text] as const,
  );
  return { kind: 'files', files: new Map([...spec, ...patches]) };
}
