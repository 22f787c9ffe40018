import { describe, expect, test } from 'vitest';
import type { Allowance } from '../../../src/executor/build/allowance.ts';
import { judgeOutputs } from '../../../src/executor/build/judge-outputs.ts';
import {
  type BuildInputs,
  type BuildRecipe,
  type Nevra,
  nevraText,
  type PackageDetail,
  parseNevra,
  type Sha256,
} from '../../../src/model/index.ts';
import { plainRecipe } from '../../support/build-world.ts';

const inputs = (recipe: Partial<BuildRecipe> = {}): BuildInputs => ({
  source: { nevra: 'tool-1.0-1.el9.src', sha256: 'a'.repeat(64) as Sha256, upstream: 'vendor' },
  arch: 'x86_64',
  builder: 'local',
  root: { kind: 'host' },
  recipe: { ...plainRecipe, ...recipe },
  sourceDateEpoch: 1,
});

const nevra = (text: string): Nevra => {
  const parsed = parseNevra(text);
  if (!parsed) throw new Error(text);
  return parsed;
};

/** What a vendor ships: tool makes tool, tool-libs and a program of another name; openssl is somebody else's. */
const vendor = ['tool-1.0-1.el9.x86_64', 'tool-libs-1.0-1.el9.x86_64', 'helper-1.0-1.el9.noarch'];
const allowance: Allowance = {
  vendorNames: new Set(['tool', 'tool-libs', 'helper']),
  sameSource: vendor.map(nevra),
  vendorCapabilities: new Set(['tool', 'mail-server']),
  protectedNames: new Set(['openssl', 'mail-server']),
  offered: new Set([...vendor, 'tool-libs-1.0-1.site.x86_64']),
};

type Extra = Partial<Pick<PackageDetail, 'provides' | 'obsoletes' | 'sourceRpm'>>;
const built = (text: string, extra: Extra = {}): PackageDetail =>
  ({
    ...nevra(text),
    provides: [],
    obsoletes: [],
    ...(text.endsWith('.src') ? {} : { sourceRpm: 'tool-1.0-1.site1.src.rpm' }),
    ...extra,
  }) as unknown as PackageDetail;

const source = built('tool-1.0-1.site1.src');
const whole = [
  source,
  built('tool-1.0-1.site1.x86_64', { provides: [{ name: 'mail-server' }] }),
  built('tool-libs-1.0-1.site1.x86_64'),
  built('helper-1.0-1.site1.noarch'),
  built('tool-libs-debuginfo-1.0-1.site1.x86_64'),
];

const verdict = (packages: readonly PackageDetail[], recipe: Partial<BuildRecipe> = {}): string => {
  try {
    judgeOutputs(inputs(recipe), allowance, packages);
    return 'kept';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

const tls = (extra: Extra) => [...whole, built('tool-tls-1.0-1.site1.x86_64', extra)];
const asVendor = whole.map((p) =>
  p.name === 'tool' && p.arch !== 'src' ? built('tool-1.0-1.el9.x86_64') : p,
);

describe('what a build brought out', () => {
  test('is kept when the source makes it, under labels of its own', () => {
    expect(verdict(whole)).toBe('kept');
  });

  test.each([
    ['a name that is not its own', [...whole, built('sudo-1.0-1.site1.x86_64')], 'sudo'],
    ['another architecture', [...whole, built('tool-x-1.0-1.site1.i686')], 'i686'],
    [
      'a label that an upstream has',
      [...whole, built('tool-libs-1.0-1.site.x86_64')],
      '1.0-1.site',
    ],
    ["the vendor's own label", asVendor, 'tool-1.0-1.el9'],
    ['what another source provides', tls({ provides: [{ name: 'openssl' }] }), 'openssl'],
    ['an end of what another source makes', tls({ obsoletes: [{ name: 'openssl' }] }), 'openssl'],
    ['a package of another source package', tls({ sourceRpm: 'x-1-1.src.rpm' }), 'x-1-1'],
    ['the same label twice', [...whole, built('helper-1.0-1.site1.noarch')], 'helper'],
    ['a second source package', [...whole, built('other-1-1.src')], 'other'],
    ['another source package', [built('other-1.0-1.site1.src')], 'other'],
    ['another version of it', [built('tool-2.0-1.site1.src')], '2.0'],
  ] as const)('[I09] is refused, all of it: %s', (_, packages, found) => {
    expect(verdict(packages)).toContain(found);
  });

  test('[I09] is kept when the policy allows exactly this', () => {
    const more = [...tls({ provides: [{ name: 'openssl' }] }), built('sudo-1.0-1.site1.x86_64')];
    expect(verdict(more, { alsoMakes: ['sudo'] })).toContain('openssl');
    expect(verdict(more, { alsoMakes: ['sudo', 'openssl'] })).toBe('kept');
  });

  const withoutLibs = whole.filter((p) => p.name !== 'tool-libs');

  test.each([
    ['no binary package', [source], 'none'],
    ['no source package', whole.filter((p) => p.arch !== 'src'), 'none'],
    ['nothing at all', [], 'none'],
    ["less than the vendor's build", withoutLibs, 'no tool-libs'],
    ['only a debug package', [source, built('tool-debuginfo-1.0-1.site1.x86_64')], 'no tool'],
  ] as const)('[I18] is refused: %s', (_, packages, found) => {
    expect(verdict(packages)).toContain(found);
  });

  test('[I18] may be less where the policy says so', () => {
    expect(verdict(withoutLibs, { leavesOut: ['*-libs'] })).toBe('kept');
  });

  test('says which package it is about', () => {
    const stray = built('sudo-1.0-1.site1.x86_64');
    expect(verdict([...whole, stray])).toContain(nevraText(stray));
  });
});
