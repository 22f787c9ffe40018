import { type Installation, readPolicyAt } from '../controller/index.ts';
import { type Check, programPath } from './check.ts';
import { probeSandbox } from './wire.ts';

const wanted: readonly (readonly [program: string, why: string, debian: string])[] = [
  ['bwrap', 'keeps builds apart from this machine', 'bubblewrap'],
  ['setpriv', 'starts builds as nobody', 'util-linux'],
  ['prlimit', 'limits what builds take', 'util-linux'],
  ['rpmbuild', 'builds with the programs of this machine (root: host)', 'rpm'],
  ['dnf', 'composes build roots from channels', 'dnf'],
];

/**
 * What builds on this machine need. Where no policy has anything built here they are told too, but nothing is wrong
 * when they are missing.
 */
export async function localBuildChecks(c: Installation): Promise<readonly Check[]> {
  const needed = await buildsHere(c);
  const programs = wanted.map(([program, why, debian]) => {
    const at = programPath(program);
    const found = at ?? `not found; it ${why}`;
    return {
      name: program,
      ok: at !== undefined || !needed,
      found,
      fix: `apt-get install ${debian}`,
    };
  });
  return [...programs, await sandboxCheck(needed)];
}

async function sandboxCheck(needed: boolean): Promise<Check> {
  const { fault, counted } = await probeSandbox();
  const found =
    fault?.found ??
    `works; memory and processes are limited ${counted ? 'for a build as a whole' : 'for each process alone'}`;
  const ok = fault === undefined || !needed;
  const fix = 'apt-get install bubblewrap && sysctl -w user.max_user_namespaces=10000';
  return { name: 'build sandbox', ok, found, fix };
}

/** A policy in force has something built by this machine. */
async function buildsHere(c: Installation): Promise<boolean> {
  const commit = c.memory().desiredCommit;
  const desired = commit && (await readPolicyAt(c.ports, commit)).desired;
  const policies = desired ? desired.policies : [];
  return policies.some(
    (p) =>
      (p.action === 'rebuild' || p.action === 'replace') &&
      (p.build?.builder ?? 'local') === 'local',
  );
}
