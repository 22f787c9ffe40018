import { describe, expect, test } from 'vitest';
import {
  buildProject,
  projectConfig,
  rootProject,
  schedulerArch,
} from '../../../../src/edge/build/obs/documents.ts';
import { recipeLines } from '../../../../src/edge/build/obs/recipe-lines.ts';
import { type BuildInputs, type SnapshotId, sha256Of } from '../../../../src/model/index.ts';
import type { BuildOrder } from '../../../../src/ports.ts';
import { plainRecipe } from '../../../support/build-world.ts';

describe('what the build service is told', () => {
  test('a root has a repository for each channel, with the keys that its metadata must have', () => {
    const xml = rootProject(
      'sluice:root:1',
      [
        { url: 'https://a.example.org/?x="1"&y', keys: ['KEY <a@b>', 'OTHER'] },
        { url: 'https://b.example.org/', keys: [] },
      ],
      'x86_64',
    );
    expect(xml).toContain(
      '<repository name="root0"><download arch="x86_64" url="https://a.example.org/?x=&quot;1&quot;&amp;y" repotype="rpmmd"><pubkey>KEY &lt;a@b&gt;\nOTHER</pubkey></download><arch>x86_64</arch></repository>',
    );
    expect(xml).toContain('url="https://b.example.org/" repotype="rpmmd"></download>');
    expect(
      buildProject('sluice:build:2', { project: 'sluice:root:1', repositories: 2 }, 'x86_64'),
    ).toContain(
      '<path project="sluice:root:1" repository="root0"></path><path project="sluice:root:1" repository="root1"></path>',
    );
  });

  test('the build type and releases as in specs, before what the site says', () => {
    expect(projectConfig('Preinstall: bash\n\n')).toBe('Type: spec\nRelease:\nPreinstall: bash\n');
    expect(['x86_64', 'i686', 'aarch64'].map((arch) => schedulerArch({ arch }))).toEqual([
      'x86_64',
      'i586',
      'aarch64',
    ]);
  });

  test('the recipe, in lines of the spec that rpm takes for its arguments', () => {
    const recipe = {
      ...plainRecipe,
      ...{ with: ['tests'], without: ['docs'], defines: { answer: '42' }, dist: '.site1' },
      args: ['--undefine=_hardened_build', '--nodebuginfo', '--verbose'],
    };
    const lines = recipeLines(orderOf(recipe));
    expect(lines[0]).toBe('%{lua:posix.setenv("SOURCE_DATE_EPOCH", "1700000000")}');
    expect(lines).toEqual(
      expect.arrayContaining([
        ...['%define dist .site1', '%define answer 42', '%define _buildhost builder.invalid'],
        ...['%define _with_tests --with-tests', '%define _without_docs --without-docs'],
        ...['%undefine _hardened_build', '%define debug_package %{nil}'],
      ]),
    );
    expect(lines.join('\n')).not.toContain('verbose');
  });
});

function orderOf(recipe: BuildInputs['recipe']): BuildOrder {
  const sha256 = sha256Of('a'.repeat(64));
  const content = `sha256:${sha256}` as SnapshotId;
  const inputs: BuildInputs = {
    source: { nevra: 'sample-1.0-1.src', sha256, upstream: 'vendor' },
    arch: 'x86_64',
    builder: 'obs',
    root: { kind: 'channels', channels: [{ name: 'tools', content }] },
    recipe,
    sourceDateEpoch: 1_700_000_000,
  };
  const limits = { seconds: 1, memoryBytes: 1, processes: 1, diskBytes: 1, logBytes: 1 };
  const places = { sourcePath: '/source.src.rpm', directory: '/build' };
  return { key: sha256, inputs, patches: [], repositories: [], limits, ...places };
}
