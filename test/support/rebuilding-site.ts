import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Site, site } from './site.ts';
import { type SourceVendor, sourceVendor, type VendorSource } from './source-vendor.ts';

/** A site that mirrors a vendor's binaries and sources, and builds some of them with the programs of this machine. */
export interface RebuildingSite {
  readonly here: Site;
  readonly vendor: SourceVendor;
  dispose(): Promise<void>;
}

/** Builds these sources as the policy lets it, with `testing` as the channel that takes what comes out. */
export async function rebuildingSite(
  sources: readonly VendorSource[],
  policy: string,
): Promise<RebuildingSite> {
  const here = await site();
  const vendor = sourceVendor(join(here.directory, 'vendor'));
  vendor.offer(sources);
  const upstream = ['--upstream', `vendor=${vendor.binaries}`, '--key', vendor.keyFile];
  const { key } = await here.ask<{ key: string }>(['init', here.policy, ...upstream]);
  const write = async (path: string, text: string): Promise<void> => {
    const file = join(here.policy, path);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, text);
  };
  const text = await readFile(join(here.policy, 'upstreams/vendor.yaml'), 'utf8');
  await write(
    'upstreams/sources.yaml',
    text
      .replace(/^name: .*$/m, 'name: sources')
      .replace(/^url: .*$/m, `url: ${vendor.sources}`)
      .replace(/^tree: .*$/m, 'tree: source'),
  );
  await write('policies/built.yaml', policy);
  const channel = await readFile(join(here.policy, 'channels/testing.yaml'), 'utf8');
  const signed = `${channel.trimEnd()}\nsign: { packages: ${key} }\n`;
  const both = '$1\n  - { upstream: sources }';
  await write('channels/testing.yaml', signed.replace(/^(base:.*)$/m, both));
  await here.git('add', '-A');
  await here.git('commit', '-q', '-m', 'Build what the policy says');
  return {
    here,
    vendor,
    dispose: async () => {
      vendor.dispose();
      await here.remove();
    },
  };
}

/** A package without content, with lines in `%build` that only our own build runs: the vendor's is quick. */
export function builtSource(name: string, build: string): VendorSource {
  return {
    ...{ name, version: '1.0' },
    spec: `Name: ${name}
Version: 1.0
Release: 1%{?dist}
Summary: A text
License: MIT
BuildArch: noarch
%description
A text.
%build
%if "%{dist}" != ".vendor"
${build}
%endif
%install
mkdir -p %{buildroot}/usr/share/${name}
%files
/usr/share/${name}
`,
  };
}
