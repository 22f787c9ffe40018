import { describe, expect, test } from 'vitest';
import { editSpec } from '../../../src/rpm/index.ts';

const preamble = `Name: hello
Version: 1
Release: 1
Source0: hello.tar.gz
Patch1: vendor.patch
`;

function edited(spec: string, edit: Parameters<typeof editSpec>[1]) {
  const result = editSpec(spec, edit);
  if (result.kind === 'stuck') throw new Error(result.check);
  return result;
}

describe('a patch', () => {
  test('of a spec with %autosetup is declared after the last one', () => {
    const spec = `${preamble}%description\nx\n%prep\n%autosetup -p1\n%build\nmake\n`;
    expect(edited(spec, { patches: ['a.patch', 'b.patch'] }).text).toBe(
      `${preamble}Patch90001: a.patch\nPatch90002: b.patch\n%description\nx\n%prep\n%autosetup -p1\n%build\nmake\n`,
    );
  });

  test('of a spec with %setup is applied after the vendor patches', () => {
    const spec = `${preamble}%description\nx\n%prep\n%setup -q\n%patch1 -p1\nchmod +x run\n%build\nmake\n`;
    expect(edited(spec, { patches: ['a.patch'] }).text).toBe(
      `${preamble}Patch90001: a.patch\n%description\nx\n%prep\n%setup -q\n%patch1 -p1\n%patch -P 90001 -p1\nchmod +x run\n%build\nmake\n`,
    );
  });

  test('of a spec without patches is applied after %setup, or after %autosetup -N', () => {
    for (const unpack of ['%setup -q', '%autosetup -N', '%setup -q -n hello-%{version}']) {
      const spec = `Name: x\nSource: x.tar\n%prep\n${unpack}\n%build\n`;
      expect(edited(spec, { patches: ['a.patch'] }).text).toBe(
        `Name: x\nSource: x.tar\nPatch90001: a.patch\n%prep\n${unpack}\n%patch -P 90001 -p1\n%build\n`,
      );
    }
  });

  test('is not declared inside of a condition', () => {
    const spec =
      'Name: x\n%if 0\n%if 1\nPatch7: y.patch\n%endif\n%endif\nURL: z\n%prep\n%autosetup\n';
    expect(edited(spec, { patches: ['a.patch'] }).text).toBe(
      'Name: x\n%if 0\n%if 1\nPatch7: y.patch\n%endif\n%endif\nPatch90001: a.patch\nURL: z\n%prep\n%autosetup\n',
    );
  });

  test("takes the place of a kernel's empty patch, and the spec stays as it is", () => {
    const spec = `${preamble}Patch999999: linux-kernel-test.patch\n%prep\n%setup -q\nApplyOptionalPatch linux-kernel-test.patch\n`;
    expect(edited(spec, { patches: ['fix.patch'] })).toEqual({
      kind: 'edited',
      text: spec,
      replaced: { 'linux-kernel-test.patch': 'fix.patch' },
    });
  });

  test('has no place where nothing is unpacked', () => {
    expect(editSpec('Name: x\n%description\n', { patches: ['a.patch'] })).toEqual({
      kind: 'stuck',
      check: 'the spec has a %prep section',
    });
    expect(editSpec('Name: x\n%prep\ntar xf y\n%build\n', { patches: ['a'] }).kind).toBe('stuck');
  });
});

describe('the mark in the release', () => {
  test.each([
    ['Release: 1', 'Release: 1%{?dist}'],
    ['Release:\t7.el9  ', 'Release:\t7.el9%{?dist}'],
    ['Release: 1%{?dist}', 'Release: 1%{?dist}'],
    ['Release: %{rel}%{dist}', 'Release: %{rel}%{dist}'],
    ['%global rel 3%{?dist}\nRelease: %{rel}', '%global rel 3%{?dist}\nRelease: %{rel}'],
    ['Release: %autorelease', 'Release: %autorelease'],
    ['release: 2', 'release: 2%{?dist}'],
    ['# not %{?dist}\nRelease: 2', '# not %{?dist}\nRelease: 2%{?dist}'],
  ])('%j becomes %j', (before, after) => {
    const rest = '\n%description\nRelease: 9\n';
    expect(edited(`${before}${rest}`, { patches: [], dist: '.x' }).text).toBe(`${after}${rest}`);
  });

  test('is left out where there is no dist', () => {
    expect(edited('Release: 1\n', { patches: [] }).text).toBe('Release: 1\n');
  });
});
