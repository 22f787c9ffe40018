import { describe, expect, test } from 'vitest';
import {
  missingOf,
  readBuildroot,
  readListing,
  readResult,
} from '../../../../src/edge/build/obs/answers.ts';
import { faultOf } from '../../../support/fault-of.ts';

/** Answers as a real service gave them. */
describe('what the build service answers', () => {
  test('a result: state of the package, why, and whether the scheduler has looked', () => {
    const xml = `<resultlist state="b0fc">
  <result project="s:build:b" repository="build" arch="x86_64" code="unpublished" state="unpublished" dirty="true">
    <status package="source" code="unresolvable">
      <details>nothing provides gcc, nothing provides rpm-build</details>
    </status>
  </result>
</resultlist>`;
    expect(readResult(xml)).toEqual({
      code: 'unresolvable',
      details: 'nothing provides gcc, nothing provides rpm-build',
      repository: 'unpublished',
      repositoryDetails: '',
      dirty: true,
    });
  });

  test('a repository that cannot be set up, and a project of which nothing is known yet', () => {
    const broken =
      '<resultlist><result code="broken" state="broken" details="no build type (a)"/></resultlist>';
    expect(readResult(broken)).toMatchObject({
      code: 'unknown',
      repository: 'broken',
      repositoryDetails: 'no build type (a)',
    });
    expect(readResult('<resultlist/>')).toMatchObject({ code: 'unknown', dirty: false });
  });

  test('listings name files in three ways', () => {
    const xml = `<l><binary filename="a.rpm" size="7"/><entry name="_log" size="9"/><other name="b"/></l>`;
    expect(readListing(xml)).toEqual([
      { name: 'a.rpm', sizeBytes: 7 },
      { name: '_log', sizeBytes: 9 },
    ]);
  });

  test('a buildroot is told as NEVRAs, sorted', () => {
    const xml = `<buildinfo><bdep name="gcc" epoch="4" version="12.2" release="3" arch="x86_64"/>
      <bdep name="bash" preinstall="1" version="5" release="1" arch="x86_64"/><bdep name="late"/></buildinfo>`;
    expect(readBuildroot(xml)).toEqual(['bash-5-1.x86_64', 'gcc-4:12.2-3.x86_64']);
  });

  test('of what is unresolvable, only what nothing provides is missing', () => {
    const details =
      'nothing provides a(x) >= 1 needed by b, have choice for c needed by d: e f, nothing provides g';
    expect(missingOf(details)).toEqual(['a(x) >= 1', 'g']);
    expect(missingOf('have choice for c: d e')).toEqual([]);
  });

  test('nonsense is the service being unavailable, and no entity is expanded', async () => {
    for (const xml of ['', 'not XML', '<a>', '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>']) {
      expect((await faultOf(async () => readListing(xml))).code, xml).toBe('BuilderUnavailable');
    }
  });
});
