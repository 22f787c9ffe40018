import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { builderChecks } from '../../src/cli/builder-checks.ts';
import { readConfig } from '../../src/cli/config.ts';
import { faultOf } from '../support/fault-of.ts';

describe('builders in controller.yaml', () => {
  let state = '';
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), 'sluice-state-'));
  });
  afterEach(() => rmSync(state, { recursive: true }));
  const write = (lines: readonly string[]) =>
    writeFileSync(join(state, 'controller.yaml'), ['builders:', ...lines, ''].join('\n'));
  const obs = (...lines: readonly string[]) =>
    write([
      '  obs:',
      ...[...lines, 'servedAt: https://repos.example.org/', 'projectConfigFile: obs.conf'].map(
        (line) => `    ${line}`,
      ),
    ]);

  test('files are in the state directory unless they say otherwise', () => {
    obs('url: https://api.obs.example.org', 'user: robot', 'passwordFile: /etc/obs-password');
    expect(readConfig(state).builders.obs).toMatchObject({
      project: 'sluice',
      passwordFile: '/etc/obs-password',
      projectConfigFile: join(state, 'obs.conf'),
    });
  });

  test.each([
    ['http://127.0.0.1:5352', true],
    ['http://[::1]:5352/', true],
    ['https://api.obs.example.org/path', true],
    ['http://obs.example.org', false],
    ['http://127.0.0.1.example.org', false],
    ['https://robot:secret@obs.example.org', false],
    ['ftp://obs.example.org', false],
    ['obs.example.org', false],
  ])('the address %s is accepted: %s', async (url, accepted) => {
    obs(`url: ${url}`);
    if (accepted) return expect(readConfig(state).builders.obs?.url).toBe(url);
    const fault = await faultOf(async () => readConfig(state));
    expect(fault).toMatchObject({ code: 'ConfigInvalid', check: 'key builders.obs.url' });
    expect(fault.message).not.toContain('secret');
  });

  test('a login without a password, and a name that is no project, are refused', async () => {
    obs('url: https://obs.example.org', 'user: robot');
    expect((await faultOf(async () => readConfig(state))).check).toBe('key builders.obs.user');
    obs('url: https://obs.example.org', 'project: a/../b');
    expect((await faultOf(async () => readConfig(state))).check).toBe('key builders.obs.project');
  });

  test('doctor names what is missing, and a password that others can read', () => {
    obs('url: https://obs.example.org', 'user: robot', 'passwordFile: password');
    writeFileSync(join(state, 'password'), 'correct horse\n', { mode: 0o644 });
    const checks = builderChecks(readConfig(state).builders);
    expect(checks.map((c) => [c.ok, c.fix])).toEqual([
      [false, 'write the file, or correct builders in controller.yaml'],
      [false, `chmod 600 ${join(state, 'password')}`],
    ]);
    expect(JSON.stringify(checks)).not.toContain('horse');
    write(['  mock: { template: /nowhere/site.tpl }']);
    expect(builderChecks(readConfig(state).builders).map((c) => c.name)).toEqual([
      'builder mock',
      'builder mock',
    ]);
  });
});
