import { chmodSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildrootRepository } from '../support/buildroot-repository.ts';
import { type Site, site } from '../support/site.ts';
import { type SpecAuthor, specAuthor } from '../support/spec-world.ts';

const spec = (name: string, requires: string, install: string): string => `Name: ${name}
Version: 1.0
Release: 1%{?dist}
Summary: A text
License: MIT
BuildArch: noarch
${requires}
%description
A text.
%install
mkdir -p %{buildroot}/usr/share/${name}
${install} >%{buildroot}/usr/share/${name}/text
%files
/usr/share/${name}
`;

const policy = `apiVersion: sluice/v1
kind: Policy
name: own
match: { packages: [words, greeting] }
priority: 10
action: rebuild
build: { dist: .site1, root: [testing, experimental] }
approvals: { start: auto, build: auto, sign: ask, testing: auto }
`;

const experimental = `apiVersion: sluice/v1
kind: Channel
name: experimental
path: experimental
takes: results
trees: [x86_64]
base: [{ upstream: specs }]
gates: { closure: { mode: off } }
sign: { packages: unsigned }
`;

interface Named {
  readonly name: string;
  readonly sha256: string;
}
interface Build {
  readonly key: string;
  readonly source: string;
}
interface Open {
  readonly number: number;
  readonly identity: string;
}

let here: Site;
let author: SpecAuthor;

beforeAll(async () => {
  here = await site();
  // A state directory that others may search, as init makes it below /var/lib.
  chmodSync(here.directory, 0o755);
  author = specAuthor(here.directory);
  author.write('words/words.spec', spec('words', '', 'echo hello'));
  const copied = 'cat /usr/share/words/text';
  author.write('greeting/greeting.spec', spec('greeting', 'BuildRequires: words', copied));
  author.commit('Words, and a greeting of them');
  const tools = buildrootRepository('small');
  const keyFile = join(here.directory, 'tools.asc');
  await writeFile(keyFile, tools.publicKey);
  const upstream = ['--upstream', `tools=${tools.directory}`, '--key', keyFile];
  const { key } = await here.ask<{ key: string }>(['init', here.policy, ...upstream]);
  const write = async (path: string, text: string) => {
    await mkdir(join(here.policy, path, '..'), { recursive: true });
    await writeFile(join(here.policy, path), text);
  };
  const lines = ['apiVersion: sluice/v1', 'kind: Upstream', 'name: specs', 'layout: spec'];
  const git = `git: { sshKeys: ["${author.key}"] }`;
  const specs = [...lines, `url: ${author.repository}`, 'tree: source', git, ''];
  await write('upstreams/specs.yaml', specs.join('\n'));
  await write('policies/own.yaml', policy);
  await write('channels/experimental.yaml', experimental);
  const channel = await readFile(join(here.policy, 'channels/testing.yaml'), 'utf8');
  const signed = `${channel.trimEnd()}\nsign: { packages: ${key} }\n`;
  const base = '$1\n  - { upstream: specs }';
  await write('channels/testing.yaml', signed.replace(/^(base:.*)$/m, base));
  const valid = await here.sluice('validate', here.policy);
  expect(valid.stdout).toBe('valid');
  await here.git('add', '-A');
  await here.git('commit', '-q', '-m', 'Build what needs what was built');
});
afterAll(async () => {
  author?.dispose();
  await here.remove();
});

const reconcile = () => here.ask(['reconcile', '--wait'], [0, 1, 3]);

async function served(channel: string): Promise<readonly Named[]> {
  const { items } = await here.ask<{ items: readonly Named[] }>([
    ...['get', 'packages', '--channel', channel],
  ]);
  return items.filter((p) => ['words', 'greeting'].includes(p.name));
}

const open = async (): Promise<readonly Open[]> =>
  (await here.ask<{ proposals: readonly Open[] }>(['pr', 'list'])).proposals.filter((p) =>
    p.identity.startsWith('sign/'),
  );

/** Each test goes on where the one before it ended. */
describe('a build needs what another one made', { timeout: 900_000 }, () => {
  test('it has it unsigned, before anybody was asked for a signature', async () => {
    await reconcile();
    expect((await served('experimental')).map((p) => p.name).toSorted()).toEqual([
      ...['greeting', 'words'],
    ]);
    expect(await served('testing')).toEqual([]);
    const { items } = await here.ask<{ items: readonly Build[] }>(['get', 'builds']);
    const statements = items.map(({ key }) => {
      // The greeting failed once, while there were no words.
      const attempts = ['1', '2'].map((n) => join(here.state, 'builds', key, n, 'provenance.json'));
      const texts = attempts.flatMap((file) => {
        try {
          return [readFileSync(file, 'utf8')];
        } catch {
          return [];
        }
      });
      return texts.join('');
    });
    const greeting = statements.find((s) => s.includes('greeting-1.0-1.site1'));
    expect(greeting).toContain('"words-1.0-1.site1.noarch"');
    expect(greeting).toContain('"channel experimental"');
  });

  test('signed, machines have the same bytes', async () => {
    const before = await served('experimental');
    expect((await open()).map((p) => p.identity).toSorted()).toEqual([
      ...['sign/build-greeting-1.0-1', 'sign/build-words-1.0-1'],
    ]);
    for (const { number } of await open()) await here.ask(['pr', 'merge', String(number)]);
    await reconcile();
    expect((await served('testing')).map((p) => p.name).toSorted()).toEqual(['greeting', 'words']);
    expect(await served('experimental')).toEqual(before);
    const names = (list: readonly Named[]) => list.map((p) => p.sha256).toSorted();
    expect(names(await served('testing'))).toEqual(names(before));
  });
});
