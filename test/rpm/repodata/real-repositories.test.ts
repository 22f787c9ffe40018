import { createReadStream, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { decompressor } from '../../../src/edge/decompress.ts';
import type { Advisory } from '../../../src/model/index.ts';
import {
  advisoryDigest,
  compsXml,
  findDoubles,
  modulesYaml,
  readComps,
  readFilelists,
  readModules,
  readOther,
  readPrimary,
  readRepomd,
  readUpdateinfo,
  updateinfoXml,
} from '../../../src/rpm/index.ts';
import { faultOf } from '../../support/fault-of.ts';
import { compressionOf, openMetadata, readRepository } from '../../support/repository.ts';
import { testdata, withTestdata } from '../../support/testdata.ts';
import { all, bytesOf } from './documents.ts';

const opened = (path: string) =>
  decompressor().open(compressionOf(path), createReadStream(testdata(path)), { maxBytes: 1 << 28 });
const vuls = 'vuls-data-update/fetch';

withTestdata('repositories that others made', () => {
  it.each([
    ['xlibre-opensuse', 13],
    ['xlibre-opensuse/x86_64', 13],
    ['xlibre-opensuse-generations/ea2d3a9', 13],
    ['xlibre-opensuse-generations/ea2d3a9/SRPMS', 13],
    ['createrepo_c/repo_00', 0],
    ['createrepo_c/repo_02', 2],
    ['createrepo_c/repo_03', 0],
    ['createrepo_c/repo_04', 2],
    ['createrepo_c/repo_koji_01', 2],
    ['createrepo_c/repo_koji_02', 1],
    ['createrepo_c/repo_with_additional_metadata', 1],
    ['librepo/test_data/repo_yum_02', 1],
    ['librepo/test_data/repo_yum_03', 21],
  ])('%s has %i packages, alike in its three files', async (path, count) => {
    const { primary, filelists, other } = await readRepository(testdata(path));
    expect(primary).toHaveLength(count);
    const ids = primary.map((record) => record.checksum.hex).toSorted();
    expect(filelists.map((record) => record.pkgid).toSorted()).toEqual(ids);
    expect(other.map((record) => record.pkgid).toSorted()).toEqual(ids);
    const listed = new Map(filelists.map((r) => [r.pkgid, new Set(r.files.map((f) => f.path))]));
    for (const record of primary) {
      for (const file of record.files)
        expect(listed.get(record.checksum.hex)?.has(file.path)).toBe(true);
    }
  });

  it('[C06] one whose primary is not the one that its repomd.xml names', async () => {
    const fault = await faultOf(() => readRepository(testdata('createrepo_c/repo_01')));
    expect([fault.code, fault.object, fault.check]).toEqual([
      'ChecksumMismatch',
      'primary',
      'size',
    ]);
  });

  it('[C14] a repository that lists its packages twice', async () => {
    const { primary } = await readRepository(testdata('createrepo_c/repo_with_duplicate_packages'));
    const doubles = findDoubles(primary);
    expect(doubles.unique).toHaveLength(2);
    expect(doubles.repeated).toHaveLength(2);
  });

  it('[C13] one from 2011 with SHA-1 only is refused', async () => {
    const bytes = readFileSync(testdata('librepo/test_data/repo_yum_01/repodata/repomd.xml'));
    expect((await faultOf(async () => readRepomd(bytes))).found).toMatch(/sha1/);
  });

  it.each(['error_00', 'multiple_warnings_00', 'unknown_element_01'])(
    'metadata that createrepo_c only warns about is refused: %s',
    async (name) => {
      const file = (type: string) =>
        createReadStream(testdata(`createrepo_c/modified_repo_files/${name}-${type}.xml`));
      const refused = [
        await faultOf(() => all(readPrimary(file('primary')))),
        await faultOf(() => all(readFilelists(file('filelists')))),
        await faultOf(() => all(readOther(file('other')))),
      ];
      for (const fault of refused) expect(fault.code).toBe('MetadataInvalid');
    },
  );
});

withTestdata('advisories, groups and modules that others wrote', () => {
  it.each([
    ['updateinfo-fedora19/updateinfo.xml.gz', 2494],
    ['createrepo_c/updateinfo_files/updateinfo_00.xml', 0],
    ['createrepo_c/updateinfo_files/updateinfo_01.xml', 1],
    ['createrepo_c/updateinfo_files/updateinfo_03.xml', 6],
    ['pulp-fixtures/rpm/assets/updateinfo.xml', 4],
    ['pulp-fixtures/rpm/assets-modularity/updateinfo.xml', 1],
    ['pulp-fixtures/rpm/assets-srpm/updateinfo.xml', 2],
    [`${vuls}/amazon/testdata/fixtures/updateinfo_2023.xml.gz`, 1],
    [`${vuls}/bottlerocket/testdata/fixtures/happy/updateinfo.xml.gz`, 1],
  ])('%s has %i advisories; written and read again they are the same', async (path, count) => {
    const advisories = await all(readUpdateinfo(opened(path)));
    expect(advisories).toHaveLength(count);
    const again = await all(readUpdateinfo(bytesOf(updateinfoXml(advisories))));
    const digests = (list: readonly Advisory[]) => list.map(advisoryDigest);
    expect(digests(again)).toEqual(digests(advisories));
  });

  it.each([
    'alma/updateinfo/testdata/fixtures/happy/almalinux/9/AppStream/x86_64/os/repodata/cccc125de8ddb7f66ac6a9850f48af285670c3ace1e29f2b0ce002ab69b88ee5-updateinfo.xml.gz',
    'rocky/updateinfo/testdata/fixtures/happy/pub/rocky/9/AppStream/x86_64/os/repodata/bbbb125de8ddb7f66ac6a9850f48af285670c3ace1e29f2b0ce002ab69b88ee5-updateinfo.xml.gz',
    'fedora/updateinfo/testdata/fixtures/happy/fedora/linux/updates/43/Everything/x86_64/repodata/74f58a91baa4a290e7ab058c6298b46ef49fc5ee990ede14d181340e5d22fca9-updateinfo.xml.zst',
    'fedora/updateinfo/testdata/fixtures/happy/archive/epel/6.2017-11-07/SRPMS/repodata/804c7236e6d341cbb68a257bf8b984a140c1f1d2006e35ba9f6d2383b1a50ab0-updateinfo.xml.bz2',
    'fedora/updateinfo/testdata/fixtures/happy/archive/fedora/linux/updates/38/Modular/x86_64/repodata/5018295245e031a2d51db78a23935461d067cdbc1b6e43d8575983c5f6893252-updateinfo.xml.xz',
  ])('%s', async (path) => {
    const [advisory] = await all(readUpdateinfo(opened(`${vuls}/${path}`)));
    expect(advisory?.id).toMatch(/^[A-Z]+-[A-Z\d]/);
    expect(advisory?.collections.length).toBeGreaterThan(0);
  });

  it.each([
    ['createrepo_c/comps_files/comps_00.xml', 2],
    ['createrepo_c/other_metadata/comps-f19.xml', 4],
    ['pulp-fixtures/rpm/assets/comps.xml', 4],
    ['pulp-fixtures/rpm/assets-srpm/comps.xml', 4],
  ])('%s has %i groups', async (path, count) => {
    const groups = await readComps(opened(path));
    expect(groups).toHaveLength(count);
    expect(await readComps(bytesOf(compsXml(groups)))).toEqual(groups);
  });

  it.each([
    ['pulp-fixtures/rpm/assets/modules.yaml', 13],
    ['pulp-fixtures/rpm/assets-modularity/modules.yaml', 21],
  ])('%s has %i documents', async (path, count) => {
    const modules = await readModules(opened(path));
    expect(modules).toHaveLength(count);
    expect(await readModules(bytesOf(modulesYaml(modules)))).toEqual(modules);
  });

  it('modules with texts that PyYAML closes in the first column', async () => {
    const directory = testdata('createrepo_c/repo_with_additional_metadata');
    const { records } = readRepomd(readFileSync(`${directory}/repodata/repomd.xml`));
    const record = records.find((r) => r.type === 'modules');
    if (!record) throw new Error('no modules');
    const modules = await readModules(openMetadata(directory, record));
    expect(modules).toHaveLength(81);
    expect(await readModules(bytesOf(modulesYaml(modules)))).toEqual(modules);
  });
});
