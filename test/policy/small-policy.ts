import type { CommitId } from '../../src/model/index.ts';
import { type Finding, findingText, type ReadPolicy, readPolicy } from '../../src/policy/index.ts';

export const commit = { id: 'a'.repeat(40) as CommitId, time: 1_700_000_000 };

export const publicKey = `-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEabcdefg=
-----END PGP PUBLIC KEY BLOCK-----
`;

const header = (kind: string): string => `apiVersion: sluice/v1\nkind: ${kind}\n`;

/** A policy file: the two lines at its head, then these. */
export const policyText = (kind: string, ...lines: readonly string[]): string =>
  `${header(kind)}${lines.join('\n')}\n`;

/** A digest of 64 hex digits that ends in the number. */
export const hex = (n: number): string => n.toString(16).padStart(64, '0');

/** A whole policy repository that is right: one upstream, two channels, one update promoted to testing. */
export const smallPolicy: Readonly<Record<string, string>> = {
  'sluice.yaml': policyText('Site', 'name: example', 'url: https://rpm.example.org/'),
  'upstreams/vendor.yaml': policyText(
    'Upstream',
    'name: vendor',
    'url: https://mirror.example.org/el9/os',
    'tree: x86_64',
    'keys: [keys/vendor.asc]',
  ),
  'keys/vendor.asc': publicKey,
  'policies/default.yaml': policyText(
    'Policy',
    'name: default',
    'action: copy',
    'approvals: { testing: auto, production: ask }',
  ),
  'channels/testing.yaml': policyText(
    'Channel',
    'name: testing',
    'path: el9/testing',
    'trees: [x86_64]',
    'base: [{ upstream: vendor }]',
  ),
  'channels/production.yaml': policyText(
    'Channel',
    'name: production',
    'path: el9/production',
    'trees: [x86_64]',
    'base: [{ upstream: vendor }]',
    'follows: testing',
    'gates: { soak: 7d, closure: { mode: enforce, with: [testing] } }',
  ),
  'updates/EX-2026-1.yaml': policyText(
    'Update',
    'id: EX-2026:1',
    'packages:',
    `  - { nevra: hello-2.0-1.x86_64, sha256: ${hex(1)}, upstream: vendor }`,
  ),
  'promotions/testing/EX-2026-1.yaml': policyText(
    'Promotion',
    'update: EX-2026:1',
    'channel: testing',
  ),
};

/** Reads the small policy with some files replaced, added, or (undefined) taken away. */
export function readWith(
  changes: Readonly<Record<string, string | Uint8Array | undefined>>,
): ReadPolicy {
  const files = Object.entries({ ...smallPolicy, ...changes }).flatMap(([path, text]) =>
    text === undefined ? [] : [{ path, text }],
  );
  return readPolicy(files, commit);
}

export const findingsWith = (
  changes: Readonly<Record<string, string | Uint8Array | undefined>>,
): readonly Finding[] => readWith(changes).findings;

/** The findings as a person sees them. */
export const textWith = (
  changes: Readonly<Record<string, string | Uint8Array | undefined>>,
): string => findingsWith(changes).map(findingText).join('\n');

/** `file:line CODE` of every finding. */
export const codesWith = (
  changes: Readonly<Record<string, string | undefined>>,
): readonly string[] => findingsWith(changes).map((f) => `${f.at.file}:${f.at.line} ${f.code}`);
