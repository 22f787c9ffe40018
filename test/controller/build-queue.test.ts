import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { inspectPackage } from '../../src/rpm/index.ts';
import { packagePath } from '../../src/store/index.ts';
import { buildingSite, buildOnce, buildStep, commit } from '../support/building-site.ts';

const site = buildingSite();
afterAll(() => site.dispose());

const share = (text: string) => `%install
mkdir -p %{buildroot}/usr/share
echo ${text} >%{buildroot}/usr/share/sample
%files
/usr/share/sample
`;

describe('a build that a plan asked for', () => {
  test('[I13] is in the journal with its packages in the store, its log and a provenance of our own', async () => {
    const c = await site.open();
    const own = share('x').replace('%files', 'echo "{}" >%{_rpmdir}/provenance.json\n%files');
    const source = await site.source(own);
    const step = buildStep(source);
    const record = await buildOnce(c, step);
    expect(record).toMatchObject({ outcome: 'built', attempt: 1, key: step.key });
    if (record.outcome !== 'built') return;
    expect(record.packages.map((p) => `${p.name}-${p.release}.${p.arch}`)).toEqual(
      ['sample-1.site1.noarch', 'sample-1.site1.src'].toSorted(),
    );
    for (const entry of record.packages) {
      const bytes = readFileSync(packagePath(site.root, entry));
      expect(inspectPackage(bytes).sha256).toBe(entry.sha256);
    }
    expect(site.file(record, 'build.log')).toContain('Executing(%install)');
    const statement = JSON.parse(site.file(record, 'provenance.json'));
    expect(statement).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      predicateType: 'https://slsa.dev/provenance/v1',
      predicate: {
        buildDefinition: {
          externalParameters: { source, arch: step.inputs.arch },
          resolvedDependencies: [
            { name: 'sample-1.0-1.src', digest: { sha256: source.sha256 } },
            { name: 'policy', digest: { gitCommit: commit } },
          ],
        },
      },
    });
    expect(statement.subject).toHaveLength(2);
    expect(statement.predicate.buildDefinition.internalParameters.isolation).toContain(
      '--disable-userns',
    );
    expect(existsSync(join(site.root, 'staging'))).toBe(true);
    const again = await site.open();
    expect(again.memory().builds.get(step.key)?.records).toEqual([record]);
  });
});
