import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../model/index.ts';
import type { SignedPayload, SshVerdict } from '../../ports.ts';
import { type PolicyPlace, withStaging } from './policy-place.ts';

/** Signatures are a few hundred bytes; more is no signature. */
const mostCharacters = 16 * 1024;

/** Has `ssh-keygen` verify, in a private folder that lives as long as the question; no key file of anybody is read. */
export async function verifySsh(
  place: PolicyPlace,
  signed: SignedPayload,
  keys: readonly string[],
): Promise<SshVerdict> {
  if (signed.signature.length > mostCharacters) return { kind: 'broken', found: 'far too long' };
  return withStaging(place, async (directory) => {
    const signature = join(directory, 'signature');
    const allowed = join(directory, 'allowed');
    await writeFile(signature, signed.signature, { mode: 0o600 });
    const lines = keys.map((key, i) => `key-${i} namespaces="git" ${key}\n`);
    await writeFile(allowed, lines.join(''), { mode: 0o600 });
    const run = (args: readonly string[]) => keygen(place, { directory, signed, args });
    const genuine = await run(['check-novalidate', '-n', 'git', '-s', signature]);
    if (genuine.code !== 0) return { kind: 'broken', found: genuine.said };
    const named = await run(['find-principals', '-s', signature, '-f', allowed]);
    const principal = /^key-\d+/m.exec(named.printed)?.[0];
    const maker = /SHA256:\S+/.exec(genuine.printed)?.[0] ?? 'without a name';
    if (named.code !== 0 || principal === undefined) return { kind: 'unknown', found: maker };
    const verify = ['verify', '-I', principal, '-n', 'git', '-s', signature, '-f', allowed];
    const verified = await run(verify);
    const key = keys[Number(principal.slice('key-'.length))];
    if (verified.code !== 0 || key === undefined) return { kind: 'broken', found: verified.said };
    return { kind: 'good', key };
  });
}

async function keygen(
  place: PolicyPlace,
  call: {
    readonly directory: string;
    readonly signed: SignedPayload;
    readonly args: readonly string[];
  },
) {
  const path = place.program.path;
  const { execa } = await import('execa');
  const result = await execa('ssh-keygen', ['-Y', ...call.args], {
    extendEnv: false,
    env: { PATH: path, HOME: call.directory, LANG: 'C.UTF-8', TZ: 'UTC' },
    cwd: call.directory,
    input: call.signed.payload,
    reject: false,
    timeout: 30_000,
  });
  if (result.exitCode === undefined) throw missing(result.shortMessage ?? 'no exit code');
  const lines = `${result.stderr}\n${result.stdout}`.trim().split('\n');
  const said = (lines.at(-1) ?? '').slice(0, 200);
  return { code: result.exitCode, printed: result.stdout, said };
}

function missing(found: string): Fault {
  return new Fault('ToolMissing', {
    object: 'ssh-keygen',
    check: 'the program can be started and ends in time',
    found,
    fix: 'Install it: apt-get install openssh-client',
  });
}
