import { describe, expect, test } from 'vitest';
import type { BuildRequest, BuildReview, Sha256 } from '../../src/model/index.ts';
import { buildBody } from '../../src/proposer/index.ts';

const sha256 = 'a'.repeat(64) as Sha256;

function body(
  trial: NonNullable<BuildReview['trial']>,
  gates: BuildRequest['gates'] = [],
  siteUrl?: string,
): string {
  const source = { nevra: 'a-2-1.src', sha256, upstream: 'sources' };
  const request: BuildRequest = {
    ...{ kind: 'rebase', identity: 'rebase/own/a', title: 'Rebase', effect: 'a is built.' },
    ...{ edits: [], advisories: [], deltaDigest: sha256, gates, why: 'newer' },
    build: { source, recipe: [], builds: [], outputs: [], trial },
  };
  return buildBody(request, siteUrl === undefined ? {} : { siteUrl });
}

describe('what a trial of the patches showed', () => {
  const trial = { key: sha256, attempt: 1, log: sha256 };

  test('patch by patch, with the log', () => {
    const patches = (['fits', 'fuzzy', 'too-fuzzy', 'present', 'fails', 'unseen'] as const).map(
      (fit) => ({ path: `patches/a/${fit}.patch`, fit }),
    );
    const text = body({ ...trial, patches });
    expect(text).toContain('| patch | on `a-2-1.src` |');
    expect(text).toContain('| `patches/a/fails.patch` | does not fit |');
    expect(text).toContain('| `patches/a/present.patch` | is in these sources already |');
    expect(text).toContain(`Log of the trial: \`builds/${sha256}/1/build.log\``);
  });

  test('is linked where the controller serves it, and named by its place where nobody knows', () => {
    const place = `builds/${sha256}/1/build.log`;
    const linked = body({ ...trial, patches: [] }, [], 'https://updates.example.org');
    expect(linked).toContain(`[\`${place}\`](<https://updates.example.org/${place}>)`);
    for (const url of ['', 'file:///srv', 'javascript:x']) {
      expect(body({ ...trial, patches: [] }, [], url)).toContain(`trial: \`${place}\``);
    }
  });

  test('why there was none, with nothing of it as markup', () => {
    const text = body({ ...trial, patches: [], problem: 'it says <b>@all</b>' });
    expect(text).toContain('The patches could not be tried');
    expect(text).not.toContain('<b>');
  });

  test('what is only told is not called a closed gate', () => {
    const told = { code: 'BuildFailed', text: 'one does not fit', reported: true };
    const shut = { code: 'Downgrade', text: 'older than what is served' };
    const known = body({ ...trial, patches: [] }, [told]);
    expect(known).toContain('To be known before the merge:\n- `BuildFailed`: one does not fit');
    expect(known).not.toContain('Gates still closed');
    const both = body({ ...trial, patches: [] }, [told, shut]);
    expect(both).toMatch(
      /Gates still closed.*\n- `Downgrade`.*\n\nTo be known besides:\n- `BuildF/,
    );
  });
});
