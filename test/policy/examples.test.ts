import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withFieldTables } from '../../scripts/policy-fields.ts';
import { findingText, readPolicy } from '../../src/policy/index.ts';
import { commit, policyText, publicKey } from './small-policy.ts';

const root = resolve(import.meta.dirname, '../..');
const example = join(root, 'examples/policy-repo');
const page = readFileSync(join(root, 'docs/policy-files.md'), 'utf8');

const exampleFiles = readdirSync(example, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .map((path) => ({ path: relative(example, path), text: readFileSync(path) }));

describe('examples/policy-repo', () => {
  test('is read without findings', () => {
    const { desired, findings } = readPolicy(exampleFiles, commit);
    expect(findings.map(findingText)).toEqual([]);
    expect([...(desired?.channels.keys() ?? [])]).toEqual(['production', 'testing']);
  });

  test('every file names its schema', () => {
    for (const { path, text } of exampleFiles.filter((f) => f.path.endsWith('.yaml'))) {
      const [first = ''] = text.toString().split('\n');
      const schema = /^# yaml-language-server: \$schema=(\S+)$/.exec(first)?.[1];
      expect(schema, path).toBeDefined();
      expect(existsSync(join(dirname(join(example, path)), schema ?? '')), path).toBe(true);
    }
  });
});

describe('docs/policy-files.md', () => {
  test('its tables are those of the schemas (else: npm run docs)', () => {
    expect(withFieldTables(page)).toBe(page);
  });

  test('its examples are read without findings', () => {
    const blocks = [...page.matchAll(/```yaml\n# (\S+)\n([\s\S]*?)```/g)];
    const files = blocks.map(([, path = '', text = '']) => ({ path, text }));
    expect(files).toHaveLength(9);
    const other = (name: string) =>
      policyText(
        'Channel',
        `name: ${name}`,
        `path: el9/${name}`,
        'trees: [x86_64, source]',
        'base: [{ upstream: el9-baseos }]',
      );
    const around = [
      {
        path: 'policies/default.yaml',
        text: policyText('Policy', 'name: default', 'action: copy'),
      },
      { path: 'channels/testing.yaml', text: other('testing') },
      { path: 'channels/appstream.yaml', text: other('appstream') },
      { path: 'keys/vendor-release-2022.asc', text: publicKey },
      { path: 'keys/alice.asc', text: publicKey },
      { path: 'keys/site.asc', text: publicKey },
    ];
    expect(readPolicy([...files, ...around], commit).findings.map(findingText)).toEqual([]);
  });
});
