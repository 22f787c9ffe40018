import type { BuildOrder } from '../../ports.ts';
import { editSpec, type SourceContent } from '../../rpm/index.ts';

export type EditedSource =
  | {
      readonly kind: 'edited';
      readonly spec: string;
      /** Name → text of the recipe's patches, as the spec knows them; some take the place of a file of the vendor. */
      readonly patches: ReadonlyMap<string, string>;
    }
  | { readonly kind: 'stuck'; readonly check: string };

/** The spec as the recipe changes it, and the recipe's patches under the names that the spec knows them by. */
export function editedSource(order: BuildOrder, { spec }: SourceContent): EditedSource {
  const { dist } = order.inputs.recipe;
  // Names of our own, so that no patch takes the place of a file that the vendor brings.
  const named = order.patches.map(({ name, text }, n) => ({ name: `site-${n + 1}-${name}`, text }));
  const edited = editSpec(spec.text, {
    patches: named.map((p) => p.name),
    ...(dist === undefined ? {} : { dist }),
  });
  if (edited.kind === 'stuck') return edited;
  const places = new Map(Object.entries(edited.replaced).map(([place, by]) => [by, place]));
  const patches = named.map(({ name, text }) => [places.get(name) ?? name, text] as const);
  return { kind: 'edited', spec: edited.text, patches: new Map(patches) };
}
