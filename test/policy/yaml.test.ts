import { describe, expect, test } from 'vitest';
import { findingsWith, policyText, readWith, textWith } from './small-policy.ts';

const path = 'policies/extra.yaml';
const policy = (...lines: readonly string[]) =>
  policyText('Policy', 'name: extra', 'match: { packages: [extra] }', 'action: hold', ...lines);

const onlyFinding = (text: string | Uint8Array) => {
  const findings = findingsWith({ [path]: text });
  expect(findings).toHaveLength(1);
  return findings[0];
};

/** Refused as unreadable, at a line and column, and nothing of the policy is used. */
function refused(text: string | Uint8Array, at: string, message: RegExp | string): void {
  const finding = onlyFinding(text);
  expect(finding?.code).toBe('PolicyUnreadable');
  expect(`${finding?.at.line}:${finding?.at.col}`).toBe(at);
  expect(finding?.message).toMatch(message);
  expect(finding?.fix).not.toBe('');
  expect(readWith({ [path]: text }).desired).toBeUndefined();
}

describe('the YAML that is read', () => {
  test('a well-formed extra policy has no finding', () => {
    expect(textWith({ [path]: policy() })).toBe('');
  });

  test('[G01] anchors, aliases and alias bombs are refused where they stand', () => {
    refused(policy('comments: &a text'), '6:11', 'anchors are not allowed');
    refused(policy('comments: *a'), '6:11', 'aliases are not allowed');
    refused('a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n', '1:4', 'anchors');
    refused('a: &a\n  b: *a\n', '1:4', 'anchors');
    expect(textWith({ [path]: policy('comments: "*not an alias & not an anchor"') })).toBe('');
  });

  test('[G02] 30,000 keys, 200,000 items and a huge scalar are refused by counting, not by parsing', () => {
    const block = Array.from({ length: 30_000 }, (_, i) => `k${i}: v\n`).join('');
    refused(block, '1:1', /288890 bytes, 262144 are read at most/);
    const short = Array.from({ length: 30_000 }, (_, i) => `${i.toString(36)}:\n`).join('');
    refused(short, '5001:4', 'more than 5000 keys');
    const flow = `{${Array.from({ length: 20_000 }, (_, i) => `k${i}: v`).join(', ')}}`;
    refused(flow, '1:48897', 'more than 5000 keys');
    refused(`a: [${'x,'.repeat(100_000)}]`, '1:60001', 'more than 60000 tokens');
    refused(`a: ${'x'.repeat(5_000_000)}`, '1:1', 'bytes');
  });

  test('[G02] an update that the controller wrote may list thousands of packages', () => {
    const package_ = (i: number) =>
      `  - { nevra: big-${i}-1-1.noarch, sha256: ${i.toString(16).padStart(64, '0')}, upstream: vendor }`;
    const lines = Array.from({ length: 4_000 }, (_, i) => package_(i));
    const text = policyText('Update', 'id: BIG', 'packages:', ...lines);
    expect(
      readWith({ 'updates/BIG.yaml': text }).desired?.updates.get('BIG')?.packages,
    ).toHaveLength(4_000);
  });

  test('[G03] deep nesting is a typed finding', () => {
    refused(`a: ${'['.repeat(5_000)}`, '1:68', 'nested more than 64 levels deep');
    refused(`${'- '.repeat(5_000)}a`, '1:129', 'nested more than 64 levels deep');
    const stairs = Array.from({ length: 600 }, (_, i) => `${' '.repeat(i)}a:\n`).join('');
    expect(findingsWith({ [path]: stairs }).length).toBeGreaterThan(0);
    expect(readWith({ [path]: stairs }).desired).toBeUndefined();
  });

  test('[G04] a key that stands twice is refused with both lines', () => {
    refused(policy('comments: a', 'priority: 1', 'comments: b'), '8:1', 'here and in line 6');
    expect(onlyFinding(policy('comments: a', 'comments: b'))?.fix).toContain('6 and 7');
    const spelled = findingsWith({ [path]: policy('approvals: { 1: auto, 1.0: auto, "1": ask }') });
    expect(spelled.map((f) => f.message).join()).toContain('"1" stands here and in line 6');
  });

  test('[G05] a second document is refused', () => {
    refused(`${policy()}---\n${policy()}`, '6:1', 'a second document starts here');
    refused(`${policy()}...\n${policy()}`, '7:1', 'a second document starts here');
    expect(textWith({ [path]: `---\n${policy()}` })).toBe('');
  });

  test('[G07] scalars keep the text that was written', () => {
    const written = ['1.10', '010', '1e3', '12:30', '0x10', 'yes', '~', '9007199254740993'];
    for (const scalar of written) {
      const read = readWith({ [path]: policy(`comments: ${scalar}`) });
      expect(read.desired?.policies.find((p) => p.name === 'extra')?.comments).toBe(scalar);
    }
    const odd = ['010', '0x10', '1e3', '1.0', '-1', '+1', '.inf', '.nan', '12345678901234567890'];
    for (const scalar of odd) {
      const finding = onlyFinding(policy(`priority: ${scalar}`));
      expect(finding?.code).toBe('PolicyInvalid');
      expect(finding?.message).toContain('whole number');
    }
  });

  test('[G08] directives are refused', () => {
    refused(`%YAML 1.1\n---\n${policy()}`, '1:1', 'directives are not allowed');
    refused(`%TAG ! tag:example.org,2000:\n---\n${policy()}`, '1:1', 'directives are not allowed');
  });

  test('[G09] tags are refused', () => {
    for (const tag of ['!!js/function', '!foo', '!!binary', '!!str', '!<tag:yaml.org,2002:str>']) {
      refused(policy(`comments: ${tag} text`), '6:11', 'tags are not allowed');
    }
  });

  test('[G10] keys that JavaScript objects answer to are refused', () => {
    for (const key of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']) {
      refused(policy(`${key}: { polluted: yes }`), '6:1', 'cannot be a key');
      refused(policy(`approvals: { ${key}: auto }`), '6:14', 'cannot be a key');
    }
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  test('[G11] what says nothing is refused and never means "remove everything"', () => {
    for (const text of ['', '# only a comment\n', '---\n', 'null', '[]', 'word', '- a\n']) {
      const finding = onlyFinding(text);
      expect(finding?.code).toBe('PolicyUnreadable');
      expect(finding?.fix).toContain('to remove something, delete the file');
      expect(readWith({ [path]: text }).desired).toBeUndefined();
    }
    const map = findingsWith({ [path]: '{}' });
    expect(map.map((f) => f.message)).toContain('Policy needs "kind"');
  });

  test('[G13] a byte order mark and CRLF are accepted', () => {
    const text = `\ufeff${policy('comments: a').replaceAll('\n', '\r\n')}`;
    const read = readWith({ [path]: new TextEncoder().encode(text) });
    expect(read.desired?.policies.find((p) => p.name === 'extra')?.comments).toBe('a');
    refused(`\ufeff${policy('comments: !x a').replaceAll('\n', '\r\n')}`, '6:11', 'tags');
  });

  test('[G13] tabs, NUL, broken UTF-8 and disguised text are refused with their position', () => {
    refused(policy('approvals:', '\ttesting: auto'), '7:1', /[Tt]abs/);
    refused(policy('comments: a\u0000b'), '6:12', 'U+0000');
    refused(policy('comments: a\u202eb'), '6:12', 'U+202E');
    refused(policy('comments: a\u200bb'), '6:12', 'U+200B');
    refused(policy('comments: a\ud800b'), '6:12', 'not allowed');
    const bytes = new TextEncoder().encode(policy('comments: a?b'));
    bytes[bytes.indexOf(0x3f)] = 0xff;
    refused(bytes, '6:12', 'not UTF-8');
  });

  test('[G13] names that only look alike do not pass as names', () => {
    for (const name of ['tésting', 'te\u0301sting', 'tеsting']) {
      const text = policyText('Channel', `name: ${name}`, 'path: x', 'trees: [x86_64]');
      const messages = findingsWith({ 'channels/x.yaml': text }).map((f) => f.message);
      expect(messages.some((m) => m.startsWith('name: expected a name'))).toBe(true);
    }
  });

  test('broken YAML is reported where it breaks', () => {
    expect(onlyFinding(policy('comments: "never closed'))?.code).toBe('PolicyUnreadable');
    refused(policy('comments: - a'), '6:11', 'Unexpected');
  });
});
