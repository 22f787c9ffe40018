import type { BuildRecipe } from '../../../model/index.ts';

export type MockTask =
  /** A source package from a spec and a folder of sources. */
  | { readonly kind: 'buildsrpm'; readonly spec: string; readonly sources: string }
  | { readonly kind: 'rebuild'; readonly source: string };

/** The command line of mock(1). Its results, with its logs, go into `resultDirectory`; the machine is gone afterwards. */
export function mockCommand(
  task: MockTask,
  places: { readonly config: string; readonly resultDirectory: string },
  recipe: Pick<BuildRecipe, 'with' | 'without' | 'args'>,
): readonly string[] {
  const common = [
    'mock',
    `--root=${places.config}`,
    `--resultdir=${places.resultDirectory}`,
    '--cleanup-after',
  ];
  if (task.kind === 'buildsrpm') {
    return [...common, '--buildsrpm', `--spec=${task.spec}`, `--sources=${task.sources}`];
  }
  const nocheck = recipe.args.includes('--nocheck');
  const rest = recipe.args.filter((arg) => arg !== '--nocheck');
  return [
    ...common,
    ...recipe.with.map((name) => `--with=${name}`),
    ...recipe.without.map((name) => `--without=${name}`),
    ...(nocheck ? ['--nocheck'] : []),
    ...(rest.length > 0 ? [`--rpmbuild-opts=${rest.join(' ')}`] : []),
    '--rebuild',
    task.source,
  ];
}
