import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildInputs, SnapshotId } from '../../src/model/index.ts';
import type { BuildRepository } from '../../src/ports.ts';
import { type BuildRecipeOfTest, type Built, buildWorld } from './build-world.ts';
import { buildrootRepository } from './buildroot-repository.ts';

/** Builds in roots that are composed from a signed repository of this machine's own packages. */
export interface ComposedWorld {
  readonly root: string;
  readonly base: BuildRepository;
  build(recipe: BuildRecipeOfTest): Promise<Built>;
  /** An unsigned repository with one package, of which these are the sections. */
  extra(name: string, sections: string): BuildRepository;
  dispose(): void;
}

const composed: BuildInputs['root'] = {
  kind: 'channels',
  channels: [{ name: 'base', content: `sha256:${'b'.repeat(64)}` as SnapshotId }],
};

export function composedWorld(): ComposedWorld {
  const { root, build, dispose } = buildWorld();
  const { directory, publicKey } = buildrootRepository('small');
  // Where a sandbox can get to; the shared one is private to its user.
  execFileSync('cp', ['-rl', directory, join(root, 'repository')]);
  const base = { id: 'base', directory: join(root, 'repository'), keys: [publicKey] };
  return {
    root,
    base,
    build: (recipe) =>
      build({ repositories: [base], ...recipe, inputs: { root: composed, ...recipe.inputs } }),
    extra: (name, sections) => {
      const place = join(root, name);
      const spec = join(root, `${name}.spec`);
      const head = `Name: ${name}\nVersion: 1\nRelease: 1\nSummary: x\nLicense: MIT\nBuildArch: noarch`;
      writeFileSync(spec, `${head}\n%description\nx\n${sections}\n`);
      const defines = [`_rpmdir ${place}`, `_topdir ${root}/top`];
      const args = ['-bb', '--quiet', ...defines.flatMap((d) => ['--define', d]), spec];
      execFileSync('rpmbuild', args, { stdio: 'pipe' });
      execFileSync('createrepo_c', ['-q', place]);
      return { id: name, directory: place, keys: [] };
    },
    dispose,
  };
}

/** A spec whose %install runs these lines, with more tags. */
export function running(lines: string, tags = ''): string {
  return `Name: sample
Version: 1.0
Release: 1
Summary: A sample
License: MIT
BuildArch: noarch
${tags}
%description
x
%install
${lines}
%files
`;
}
