import { planWorld, readPolicyAt, removalsSince } from '../controller/index.ts';
import {
  Fault,
  packageStates as machine,
  type PackageStateName,
  type PackageStatus,
  parseNevra,
  stateNamed,
} from '../model/index.ts';
import { packageStates } from '../planner/index.ts';
import { policyCommit } from './policy-commit.ts';
import type { Call, Opened } from './verb.ts';

/** `sluice get packages --state unsigned`: derived from what is now, with what each awaits (?) and reports (!). */
export async function packageStatesList(
  call: Call,
  { installation }: Opened,
  asked: { readonly state: string; readonly channel: string | undefined },
) {
  const state = stateOf(asked.state);
  const commit = installation.memory().desiredCommit ?? (await policyCommit(installation, call));
  const { desired } = await readPolicyAt(installation.ports, commit);
  if (!desired) {
    throw new Fault('PolicyMissing', {
      object: commit,
      check: 'the policy in force has findings',
      fix: 'Run `sluice validate` and mend them.',
    });
  }
  const removals = await removalsSince(installation, commit);
  const world = await planWorld(installation, desired, { removals, syncAll: false });
  const found = packageStates(world).filter(
    (s) =>
      (state === undefined || s.state === state) &&
      (asked.channel === undefined || s.channel === asked.channel),
  );
  return {
    head: ['PACKAGE', 'TREE', 'STATE', 'UPDATE', 'CHANNEL', '?', '!'],
    items: found.map((s) => ({ name: nameOf(s), row: rowOf(s), data: s })),
  };
}

/** `all` is for every state. */
function stateOf(text: string): PackageStateName | undefined {
  const state = stateNamed(text);
  if (state !== undefined || text === 'all') return state;
  throw new Fault('Usage', {
    object: `--state ${text}`,
    check: 'there is no such state',
    expected: `${Object.keys(machine).join(', ')}, or all`,
    fix: 'sluice get packages --state unsigned',
  });
}

const nameOf = ({ nevra }: PackageStatus): string => parseNevra(nevra)?.name ?? nevra;

const rowOf = (s: PackageStatus): readonly string[] => [
  ...[s.nevra, s.tree, s.state, s.update ?? '-', s.channel ?? '-'],
  ...[s.awaits ?? '-', s.reports ?? '-'],
];
