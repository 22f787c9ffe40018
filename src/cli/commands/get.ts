import { isoTime, readPolicyAt } from '../../controller/index.ts';
import {
  type Desired,
  Fault,
  type FaultReport,
  nevraText,
  type SnapshotTaken,
  stateNamed,
} from '../../model/index.ts';
import type { Answer } from '../answer.ts';
import { buildsList } from '../builds-list.ts';
import { contentNamed, packagesOf } from '../content-named.ts';
import { knownSnapshots } from '../known-snapshots.ts';
import { packageStatesList } from '../package-states-list.ts';
import { table } from '../paint.ts';
import { type Call, type Opened, textArgument, textOption, type Verb } from '../verb.ts';

const kinds = [
  'channels',
  'upstreams',
  'updates',
  'promotions',
  'holds',
  'policies',
  'snapshots',
  'packages',
  'builds',
] as const;
type Kind = (typeof kinds)[number];

export const getVerb: Verb = {
  arguments: [
    ['<kind>', kinds.join(', ')],
    ['[name]', 'only this one'],
  ],
  options: [
    ['--channel <name>', 'for packages, promotions and holds: of this channel'],
    ['--state <name>', 'for packages: in this state, or all; see docs/states.md'],
  ],
  examples: [
    'sluice get updates',
    'sluice get packages --channel testing',
    'sluice get packages --state unsigned',
    'sluice get upstreams --output json',
  ],
  ownState: (text) => text === 'all' || stateNamed(text) !== undefined,
  how: {
    needs: 'reading',
    async run(call, opened) {
      const kind = kinds.find((k) => k === textArgument(call, 0));
      if (!kind) {
        throw new Fault('Usage', {
          object: 'sluice get',
          check: 'unknown kind',
          expected: kinds.join(', '),
          found: textArgument(call, 0) ?? '',
          fix: 'sluice get updates',
        });
      }
      const listed =
        kind === 'packages' ? await packages(call, opened) : await declared(kind, call, opened);
      return answer(kind, call, listed);
    },
  },
};

interface Listed {
  readonly head: readonly string[];
  readonly items: readonly {
    readonly name: string;
    readonly row: readonly string[];
    readonly data: object;
  }[];
}

function answer(kind: Kind, call: Call, listed: Listed): Answer {
  const name = textArgument(call, 1);
  const shown = name === undefined ? listed.items : listed.items.filter((i) => i.name === name);
  if (name !== undefined && shown.length === 0) {
    throw new Fault('NotFound', {
      object: `${kind} ${name}`,
      check: 'nothing has this name',
      found:
        listed.items
          .slice(0, 10)
          .map((i) => i.name)
          .join(', ') || 'nothing at all',
      fix: `Run \`sluice get ${kind}\`.`,
    });
  }
  return {
    kind: 'List',
    data: { of: kind, items: shown.map((i) => i.data) },
    text: (paint) =>
      shown.length === 0 ? `no ${kind}` : table([listed.head, ...shown.map((i) => i.row)], paint),
    exit: 0,
  };
}

async function packages(call: Call, opened: Opened): Promise<Listed> {
  const channel = textOption(call, 'channel');
  const state = textOption(call, 'state');
  if (state !== undefined) return await packageStatesList(call, opened, { state, channel });
  if (channel === undefined) {
    throw new Fault('Usage', {
      object: 'sluice get packages',
      check: 'neither a channel nor a state given',
      fix: 'sluice get packages --channel testing',
    });
  }
  const content = await contentNamed(opened, channel);
  const items = packagesOf(content).map((p) => ({
    name: p.name,
    row: [p.tree, nevraText(p), p.sha256.slice(0, 16), String(p.sizeBytes)],
    data: p,
  }));
  return { head: ['TREE', 'PACKAGE', 'DIGEST', 'BYTES'], items };
}

async function declared(
  kind: Exclude<Kind, 'packages'>,
  call: Call,
  opened: Opened,
): Promise<Listed> {
  const memory = opened.installation.memory();
  const commit =
    memory.desiredCommit ??
    memory.acceptedHead ??
    (await opened.installation.ports.policyGit.fetch());
  const { desired } = await readPolicyAt(opened.installation.ports, commit);
  if (!desired) {
    throw new Fault('PolicyMissing', {
      object: commit,
      check: 'the policy in force has findings',
      fix: 'Run `sluice validate` and mend them.',
    });
  }
  return lists[kind](desired, opened, textOption(call, 'channel'));
}

/** The last attempt, then what was left out of the newest snapshot or let in by an exception. */
function upstreamState(latest: SnapshotTaken | undefined, fault: FaultReport | undefined): string {
  if (fault) return fault.code;
  if (!latest) return 'not mirrored yet';
  const odd = [
    ...(latest.refused.length > 0 ? [`${latest.refused.length} refused`] : []),
    ...(latest.excused.length > 0 ? [`${latest.excused.length} by exception`] : []),
  ];
  return odd.join(', ') || 'as required';
}

type Lister = (desired: Desired, opened: Opened, channel: string | undefined) => Listed;

const lists: { readonly [K in Exclude<Kind, 'packages'>]: Lister } = {
  channels: (desired, opened) => ({
    head: ['NAME', 'PATH', 'TREES', 'GENERATION', 'FOLLOWS'],
    items: [...desired.channels.values()].map((c) => {
      const number = opened.installation.memory().generations.get(c.name)?.at(-1)?.number;
      const row = [c.name, c.path, c.trees.join(','), String(number ?? '-'), c.follows ?? '-'];
      return { name: c.name, row, data: { ...c, generation: number } };
    }),
  }),
  upstreams: (desired, opened) => ({
    head: ['NAME', 'TREE', 'TAKEN', 'SNAPSHOT', 'STATE', 'URL'],
    items: [...desired.upstreams.values()].map((u) => {
      const known = opened.installation.memory().upstreams.get(u.name);
      const { latest, fault } = known ?? {};
      const taken = latest ? isoTime(latest.takenAt) : '-';
      const snapshot = latest?.snapshot.slice(0, 19) ?? '-';
      const row = [u.name, u.tree, taken, snapshot, upstreamState(latest, fault), u.url];
      return { name: u.name, row, data: { ...u, latest, fault } };
    }),
  }),
  updates: (desired) => ({
    head: ['ID', 'SEVERITY', 'PROMOTED TO', 'PACKAGES'],
    items: [...desired.updates.values()].map((u) => {
      const to = desired.promotions.filter((p) => p.update === u.id).map((p) => p.channel);
      const severity = u.advisory?.siteSeverity ?? u.advisory?.severity ?? '-';
      const row = [u.id, severity, to.join(',') || '-', u.packages.map((p) => p.nevra).join(' ')];
      return { name: u.id, row, data: { ...u, promotedTo: to } };
    }),
  }),
  promotions: (desired, _opened, channel) => ({
    head: ['CHANNEL', 'UPDATE', 'FILE'],
    items: desired.promotions
      .filter((p) => channel === undefined || p.channel === channel)
      .map((p) => ({ name: p.update, row: [p.channel, p.update, p.file], data: p })),
  }),
  holds: (desired, _opened, channel) => ({
    head: ['CHANNEL', 'UPDATE', 'PACKAGES', 'REASON'],
    items: desired.holds
      .filter((h) => channel === undefined || h.channel === channel)
      .map((h) => {
        const packages = h.packages.map((p) => p.nevra).join(' ');
        return { name: h.file, row: [h.channel, h.update ?? '-', packages, h.reason], data: h };
      }),
  }),
  snapshots: (_desired, opened) => ({
    head: ['SNAPSHOT', 'TYPE', 'OF'],
    items: knownSnapshots(opened).map((s) => ({ name: s.id, row: [s.id, s.type, s.of], data: s })),
  }),
  builds: (_desired, opened) => buildsList(opened.installation.memory()),
  policies: (desired) => ({
    head: ['NAME', 'PRIORITY', 'ACTION', 'PACKAGES'],
    items: desired.policies.map((p) => ({
      name: p.name,
      row: [p.name, String(p.priority), p.action, p.match.packages.join(' ') || '*'],
      data: p,
    })),
  }),
};
