import { expect, test } from 'vitest';
import { readPolicy } from '../../src/policy/index.ts';
import { commit, smallPolicy } from './small-policy.ts';

const upstream = 'upstreams/vendor.yaml';

function readWith(line: string) {
  const texts = { ...smallPolicy, [upstream]: `${smallPolicy[upstream] ?? ''}${line}\n` };
  return readPolicy(
    Object.entries(texts).map(([path, text]) => ({ path, text })),
    commit,
  );
}

test('other addresses of an upstream are read, each ending in a slash', () => {
  const { desired } = readWith('mirrors: [https://b.example.org/os, /srv/usb/os/]');
  expect(desired?.upstreams.get('vendor')?.mirrors).toEqual([
    'https://b.example.org/os/',
    '/srv/usb/os/',
  ]);
});

test.each(['ext::sh -c id', 'https://user:secret@b.example.org/', 'ssh://b.example.org/os'])(
  '[H01] %s is no mirror',
  (address) => {
    const { desired, findings } = readWith(`mirrors: ["${address}"]`);
    expect(desired).toBeUndefined();
    expect(findings[0]).toMatchObject({ code: 'PolicyInvalid', at: { file: upstream } });
    expect(JSON.stringify(findings)).not.toContain('secret');
  },
);
