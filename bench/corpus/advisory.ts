import type { Identity } from './package-identity.ts';

/** updateinfo.xml with one advisory that names the packages. */
export function updateinfoText(id: string, packages: readonly Identity[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<updates>
  <update from="security@example.org" status="final" type="security" version="1">
    <id>${id}</id>
    <title>Update of ${packages.length} packages</title>
    <issued date="2026-01-05 08:00:00"/>
    <updated date="2026-01-05 08:00:00"/>
    <severity>Important</severity>
    <description>Made for a measurement.</description>
    <references/>
    <pkglist>
      <collection short="bench">
        <name>bench</name>
${packages.map(packageText).join('')}      </collection>
    </pkglist>
  </update>
</updates>
`;
}

function packageText({ name, version, release, arch, stem }: Identity): string {
  const label = `version="${version}" release="${release}" epoch="0"`;
  const source = `${stem}-${version}-${release}.src.rpm`;
  return `        <package name="${name}" ${label} arch="${arch}" src="${source}">
          <filename>${name}-${version}-${release}.${arch}.rpm</filename>
        </package>
`;
}
