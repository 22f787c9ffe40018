import type { Clock, SpecRepository, Specs } from '../ports.ts';
import { packSource } from './build/local/index.ts';
import { specRepository } from './git/index.ts';

/** The `Specs` port: git on the way in, rpmbuild in a sandbox for what comes of it. */
export function realSpecs(options: { readonly state: string; readonly clock: Clock }): Specs {
  const open = new Map<string, SpecRepository>();
  return {
    // One for as long as this process lives: what it has read whole once is not read whole again.
    repository: (of) => {
      const name = JSON.stringify(of);
      const repository = open.get(name) ?? specRepository(options, of);
      open.set(name, repository);
      return repository;
    },
    pack: packSource,
  };
}
