import { importSnapshot } from '../../controller/index.ts';
import { Fault, nevraText, type SnapshotId } from '../../model/index.ts';
import {
  missingBytes,
  readSnapshot,
  type Snapshot,
  verifyPackageBytes,
} from '../../store/index.ts';
import { type Answer, plainAnswer } from '../answer.ts';
import { knownSnapshots } from '../known-snapshots.ts';
import { table } from '../paint.ts';
import { type Opened, textArgument, type Verb } from '../verb.ts';

const actions = ['list', 'show', 'verify', 'import'] as const;
type Action = (typeof actions)[number];

export const snapshotVerb: Verb = {
  arguments: [
    ['<action>', actions.join(', ')],
    ['[id]', 'digest of a snapshot (a unique beginning is enough); for import its URL'],
  ],
  examples: [
    'sluice snapshot list',
    'sluice snapshot show sha256:3fa9c1',
    'sluice snapshot verify sha256:3fa9c1',
    'sluice snapshot import https://sluice.example.org/snapshots/3fa9c1d2…',
  ],
  how: {
    needs: 'writing',
    reads: (call) => textArgument(call, 0) !== 'import',
    async run(call, opened) {
      const action = actions.find((a) => a === textArgument(call, 0));
      if (!action) {
        throw new Fault('Usage', {
          object: 'sluice snapshot',
          check: 'unknown action',
          expected: actions.join(', '),
          found: textArgument(call, 0) ?? '',
          fix: 'sluice snapshot list',
        });
      }
      const id = textArgument(call, 1);
      if (id === undefined && action !== 'list') throw idMissing(action);
      return byAction[action](opened, id ?? '');
    },
  },
};

const byAction: { readonly [K in Action]: (opened: Opened, id: string) => Promise<Answer> } = {
  async list(opened) {
    const known = knownSnapshots(opened);
    return {
      kind: 'SnapshotList',
      data: { snapshots: known },
      text: (paint) =>
        table([['SNAPSHOT', 'TYPE', 'OF'], ...known.map((s) => [s.id, s.type, s.of])], paint),
      exit: 0,
    };
  },
  async show(opened, id) {
    const snapshot = await read(opened, id);
    const rows = packagesOf(snapshot).map((p) => `${p.tree}  ${nevraText(p)}  ${p.sha256}`);
    return {
      kind: 'Snapshot',
      data: { id: snapshot.id, type: snapshot.kind, packages: packagesOf(snapshot) },
      text: () => [`${snapshot.id}  ${snapshot.kind}  ${rows.length} packages`, ...rows].join('\n'),
      exit: 0,
    };
  },
  async verify(opened, id) {
    const snapshot = await read(opened, id);
    const bad: string[] = [];
    for await (const entry of missingBytes(opened.installation.store, snapshot)) {
      bad.push(`${nevraText(entry)}: its bytes are not here`);
    }
    for (const entry of bad.length === 0 ? packagesOf(snapshot) : []) {
      const fault = await verifyPackageBytes(opened.installation.store, entry).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (fault) bad.push(`${nevraText(entry)}: ${fault instanceof Error ? fault.message : fault}`);
    }
    const text = bad.length === 0 ? 'every byte has its digest' : bad.join('\n');
    return {
      kind: 'SnapshotVerification',
      data: { id: snapshot.id, bad },
      text: () => `${snapshot.id}: ${text}`,
      exit: bad.length === 0 ? 0 : 4,
    };
  },
  async import({ installation }, url) {
    const { id, packages } = await importSnapshot(installation, url);
    return plainAnswer(
      'SnapshotImported',
      `${id}: imported, ${packages} packages were missing here`,
    );
  },
};

function idMissing(action: Action): Fault {
  return new Fault('Usage', {
    object: `sluice snapshot ${action}`,
    check: action === 'import' ? 'no address given' : 'no digest given',
    fix: 'Run `sluice snapshot list` for the digests, or see `sluice snapshot --help`.',
  });
}

async function read(opened: Opened, wanted: string): Promise<Snapshot> {
  const text = wanted.startsWith('sha256:') ? wanted : `sha256:${wanted}`;
  const ids = new Set(knownSnapshots(opened).map((s) => s.id));
  // A whole digest also names what was imported and is not served yet.
  if (/^sha256:[0-9a-f]{64}$/.test(text)) ids.add(text as SnapshotId);
  const matching = [...ids].filter((id) => id.startsWith(text));
  const only = matching.length === 1 ? matching[0] : undefined;
  const snapshot = only && (await readSnapshot(opened.installation.store, only));
  if (snapshot) return snapshot;
  throw new Fault('NotFound', {
    object: wanted,
    check:
      matching.length > 1 ? 'several snapshots begin like this' : 'no snapshot has this digest',
    fix: 'Run `sluice snapshot list`.',
  });
}

function packagesOf(snapshot: Snapshot) {
  if (snapshot.kind === 'upstream') return snapshot.packages.map((p) => ({ tree: '-', ...p }));
  return [...snapshot.trees].flatMap(([tree, t]) => t.packages.map((p) => ({ tree, ...p })));
}
