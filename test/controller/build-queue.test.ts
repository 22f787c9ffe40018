import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { queueBuild } from '../../src/controller/builds/queue-build.ts';
import { endInterruptedBuilds, type Installation } from '../../src/controller/index.ts';
import { builtDifferently, type Desired, type StepOf } from '../../src/model/index.ts';
import type { Builder } from '../../src/ports.ts';
import { inspectPackage } from '../../src/rpm/index.ts';
import { packagePath } from '../../src/store/index.ts';
import { buildingSite, buildOnce, buildStep, commit, queueOf } from '../support/building-site.ts';
import { processesWith, until } from '../support/processes.ts';

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

describe('[I16] the same build made again', () => {
  const embeds = share('$(date +%N)-$RANDOM');
  const built = async (c: Installation, step: StepOf<'build'>, attempt: number) => {
    const record = await buildOnce(c, { ...step, attempt });
    if (record.outcome !== 'built') throw new Error('it was not built');
    return record.packages.find((p) => p.arch === 'noarch')?.sha256 ?? '';
  };

  test('with other bytes: both are recorded, and both digests are said', async () => {
    const c = await site.open();
    const step = buildStep(await site.source(embeds));
    const first = await built(c, step, 1);
    const said = site.said.length;
    const other = await built(c, step, 2);
    expect(other).not.toBe(first);
    const again = (await site.open()).memory().builds.get(step.key)?.records ?? [];
    expect(builtDifferently(again).filter((d) => d.nevra.endsWith('noarch'))).toEqual([
      { nevra: 'sample-1.0-1.site1.noarch', first, firstAttempt: 1, other, attempt: 2 },
    ]);
    const warning = site.said.slice(said).find((text) => text.includes('BuildNotReproducible'));
    expect(warning).toContain(first);
    expect(warning).toContain(other);
  });

  test('with the same bytes nothing is said', async () => {
    const c = await site.open();
    const step = buildStep(await site.source(share('always so')));
    const said = site.said.length;
    expect(await built(c, step, 1)).toBe(await built(c, step, 2));
    expect(site.said.slice(said).join('\n')).not.toContain('BuildNotReproducible');
  });
});

describe('[I18] a build that says it succeeded', () => {
  test.each([
    ['its tests failed', '%install\n%check\nexit 3\n%files\n', 'BuildFailed', 'exit code 1'],
    ['it made no binary package', '%install\n', 'BuildOutputRefused', 'none'],
    [
      'it took its package away',
      `${share('x')}%clean\nrm -f %{_rpmdir}/*.noarch.rpm\n`,
      'BuildOutputRefused',
      'none',
    ],
  ])('has not when %s', async (_, spec, code, found) => {
    const c = await site.open();
    const record = await buildOnce(c, buildStep(await site.source(spec)));
    expect(record).toMatchObject({ outcome: 'failed', fault: { code, found } });
    expect(site.file(record, 'build.log')).not.toBe('');
    expect(record).not.toHaveProperty('packages');
  });
});

describe('[I15] a controller that is killed while it builds', () => {
  test('takes the build with it; the next one counts the attempt and builds', async () => {
    const own = buildingSite();
    const seconds = String(70_000 + process.pid);
    const script = join(import.meta.dirname, '../support/build-until-killed.ts');
    const controller = spawn(process.execPath, [script, own.root, seconds], { stdio: 'ignore' });
    await until(() => processesWith(`sleep\0${seconds}`).length > 0);
    controller.kill('SIGKILL');
    await until(() => processesWith(seconds).length === 0);

    const c = await own.open();
    const [running] = c.memory().builds.values();
    expect(running).toMatchObject({ attempt: 1, records: [] });
    await endInterruptedBuilds(c);
    const [ended] = c.memory().builds.values();
    expect(ended?.runningSince).toBeUndefined();
    expect(ended?.records).toMatchObject([{ attempt: 1, fault: { code: 'BuildInterrupted' } }]);
    await endInterruptedBuilds(c);
    expect([...c.memory().builds.values()][0]?.records).toHaveLength(1);

    const source = await own.source(share('y'));
    const record = await buildOnce(c, buildStep(source, { step: { attempt: 2 } }));
    expect(record).toMatchObject({ outcome: 'built', attempt: 2 });
    own.dispose();
  });
});

describe('the queue', () => {
  /** Notes what it is given, in order, and answers as it is told. */
  function scripted(poison: ReadonlySet<string>) {
    const order: string[] = [];
    const gate = { open: (): void => undefined };
    const opened = new Promise<void>((resolve) => {
      gate.open = resolve;
    });
    let now = 0;
    const most = { count: 0 };
    const builder: Builder = {
      build: async ({ inputs, directory }) => {
        now += 1;
        most.count = Math.max(most.count, now);
        order.push(inputs.source.nevra);
        await opened;
        now -= 1;
        if (poison.has(inputs.source.nevra)) throw new Error('the worker died');
        const answer = { buildroot: [], command: [], isolation: [] };
        const logPath = join(directory, 'build.log');
        return { ...answer, logPath, kind: 'failed', code: 'BuildFailed', check: 'x', found: 'y' };
      },
    };
    return { builder, order, gate, most };
  }

  test('[I19] a build that always kills its worker is one of a hundred: the others end', async () => {
    const poison = 'p50-1.0-1.src';
    const { builder, gate, order } = scripted(new Set([poison]));
    const own = buildingSite(builder);
    const c = await own.open();
    const queue = queueOf(c, { concurrency: 4 });
    for (let n = 0; n < 100; n++) {
      queue.put(buildStep(await own.source(share('x'), [], { name: `p${n}` })));
    }
    gate.open();
    await queue.idle();
    expect(order).toHaveLength(100);
    const builds = [...c.memory().builds.values()];
    expect(builds.filter((b) => b.runningSince !== undefined)).toEqual([]);
    const codes = builds.map((b) => {
      const last = b.records.at(-1);
      return [b.inputs.source.nevra, last?.outcome === 'failed' ? last.fault.code : ''];
    });
    expect(codes.filter(([, code]) => code === 'Internal')).toEqual([[poison, 'Internal']]);
    expect(codes.filter(([, code]) => code === 'BuildFailed')).toHaveLength(99);
    own.dispose();
  });

  test('[I19] a build whose end cannot be written down does not keep the others waiting', async () => {
    const { builder, gate, order } = scripted(new Set());
    const own = buildingSite(builder);
    const opened = await own.open();
    const note: Installation['note'] = async (kind, data) => {
      if (kind === 'build-ended' && JSON.stringify(data).includes('p0-1.0-1.src')) {
        throw new Error('no space left');
      }
      await opened.note(kind, data);
    };
    const queue = queueOf({ ...opened, note });
    for (const name of ['p0', 'p1']) {
      queue.put(buildStep(await own.source(share('x'), [], { name })));
    }
    gate.open();
    await queue.idle();
    expect(order).toEqual(['p0-1.0-1.src', 'p1-1.0-1.src']);
    expect(own.said.join('\n')).toContain('no space left');
    own.dispose();
  });

  test('takes the highest priority first, each build once, and so many at a time', async () => {
    const { builder, gate, order, most } = scripted(new Set());
    const own = buildingSite(builder);
    const queue = queueOf(await own.open());
    const at = async (name: string, priority: number) =>
      buildStep(await own.source(share('x'), [], { name }), { step: { priority } });
    const [first, low, high] = [await at('first', 1), await at('low', 1), await at('high', 9)];
    for (const step of [first, low, high, low, high, first]) queue.put(step);
    expect(queue.busy()).toBe(true);
    gate.open();
    await queue.idle();
    expect(order).toEqual(['first-1.0-1.src', 'high-1.0-1.src', 'low-1.0-1.src']);
    expect(most.count).toBe(1);
    expect(queue.busy()).toBe(false);
    own.dispose();
  });

  test('forgets what waits and is no longer planned', async () => {
    const { builder, gate, order } = scripted(new Set());
    const own = buildingSite(builder);
    const queue = queueOf(await own.open());
    const [a, b] = [
      buildStep(await own.source(share('x'), [], { name: 'a' })),
      buildStep(await own.source(share('x'), [], { name: 'b' })),
    ];
    queue.put(a);
    queue.put(b);
    queue.retain(new Set());
    gate.open();
    await queue.idle();
    expect(order).toEqual(['a-1.0-1.src']);
    own.dispose();
  });

  test('a pass without one starts nothing and says what would', async () => {
    const c = await site.open();
    const step = buildStep(await site.source(share('z')));
    expect(queueBuild(c, {} as Desired, step)).toMatchObject({
      kind: 'waiting',
      hold: { code: 'BuildNotStarted', subject: 'update:sample' },
    });
    expect(c.memory().builds.has(step.key)).toBe(false);
  });
});
