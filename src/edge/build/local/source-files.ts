import type { BuildOrder } from '../../../ports.ts';
import { editSpec } from '../../../rpm/index.ts';
import { inside } from './build-script.ts';
import type { ReadSource } from './read-source.ts';

export type SourceFiles =
  /** Path inside → text, laid over what the source package has. */
  | { readonly kind: 'files'; readonly files: ReadonlyMap<string, string> }
  | { readonly kind: 'stuck'; readonly check: string };

/** The spec as the recipe changes it, and the recipe's patches under the names that the spec knows them by. */
export function sourceFiles(order: BuildOrder, { content }: ReadSource): SourceFiles {
  const { dist } = order.inputs.recipe;
  // Names of our own, so that no patch takes the place of a file that the vendor brings.
  const named = order.patches.map(({ name, text }, n) => ({ name: `site-${n + 1}-${name}`, text }));
  const edited = editSpec(content.spec.text, {
    patches: named.map((p) => p.name),
    ...(dist === undefined ? {} : { dist }),
  });
  if (edited.kind === 'stuck') return edited;
  const places = new Map(Object.entries(edited.replaced).map(([place, by]) => [by, place]));
  const patches = named.map(({ name, text }) => {
    return [`${inside.patches}/${places.get(name) ?? name}`, text] as const;
  });
  const spec = edited.text === content.spec.text ? [] : [[inside.spec, edited.text] as const];
  return { kind: 'files', files: new Map([...spec, ...patches]) };
}
