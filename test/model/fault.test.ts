import { describe, expect, test } from 'vitest';
import { codes, exits, Fault, placeText, redact } from '../../src/model/index.ts';

const fault = (found: string, fix = 'Try again.') =>
  new Fault('UpstreamUnavailable', { object: 'upstream el9', check: 'answers', found, fix });

describe('no secret gets into a fault', () => {
  test.each([
    ['a password in an address', 'https://bob:s3cret@mirror.example.org/os/', 's3cret'],
    ['a user name that is a token', 'https://t0ken@mirror.example.org/os/', 't0ken'],
    ['an address of git', 'ssh://deploy:s3cret@git.example.org/policy', 's3cret'],
    ['a header', 'Authorization: Bearer abc.def', 'abc.def'],
    ['a setting', 'password=hunter2;', 'hunter2'],
    ['JSON', '{"token": "abcdef"}', 'abcdef'],
    ['a forge token', 'remote said ghp_0123456789abcdef', '0123456789abcdef'],
    [
      'a private key',
      '-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQOY\n-----END PGP PRIVATE KEY BLOCK-----',
      'lQOY',
    ],
    ['a private key that was cut off', '-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQOY', 'lQOY'],
  ])('%s', (_name, text, secret) => {
    const made = fault(text, `Look at ${text}`);
    const everything = `${made.message}\n${JSON.stringify(made)}\n${made.fix}`;
    expect(everything).not.toContain(secret);
    expect(everything).toContain('***');
  });

  test('text without secrets stays as it is', () => {
    const text = 'https://mirror.example.org/os/repodata/repomd.xml answers 503';
    expect(redact(text)).toBe(text);
  });
});

test('text from outside cannot forge what a terminal shows', () => {
  const hostile = 'pkg\u001b[2K\r\u202egnp.exe\u0007';
  const made = fault(hostile);
  expect(made.message).toContain('pkg\\u001b[2K\\u000d\\u202egnp.exe\\u0007');
  expect(JSON.stringify(made)).not.toContain('\u202e');
});

test('the message names object, check, expected and found', () => {
  const made = new Fault('ChecksumMismatch', {
    object: 'hello-1.0-1.x86_64.rpm',
    check: 'SHA-256',
    expected: 'aa',
    found: 'bb',
    fix: 'Run sluice reconcile --sync.',
    at: { file: 'upstreams/el9.yaml', line: 3, col: 7 },
  });
  expect(made.message).toBe('hello-1.0-1.x86_64.rpm: check failed: SHA-256; expected aa; found bb');
  expect(made.exit).toBe(4);
  expect(placeText(made.toJSON().at ?? { file: '', line: 0, col: 0 })).toBe(
    'upstreams/el9.yaml:3:7',
  );
});

test('every code has an exit code of the contract and says what it means', () => {
  const allowed = new Set<number>(Object.values(exits));
  const wrong = Object.entries(codes).filter(
    ([name, entry]) =>
      !/^[A-Z][A-Za-z0-9]+$/.test(name) || !allowed.has(entry.exit) || !entry.means.endsWith('.'),
  );
  expect(wrong).toEqual([]);
});

test('what a check wants does not read as if it were so', () => {
  const fields = { object: '/srv/site', check: 'its working tree is clean', fix: 'commit' };
  expect(new Fault('TreeBusy', fields).message).toContain('check failed: its working tree');
  const usage = { object: 'x', check: 'no such folder', fix: 'name another' };
  expect(new Fault('NotFound', usage).message).toBe('x: no such folder');
});
