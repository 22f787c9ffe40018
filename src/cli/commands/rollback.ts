import {
  exitOf,
  type Installation,
  type PassReport,
  pass,
  readingAhead,
} from '../../controller/index.ts';
import { readRepositoryManifest } from '../../executor/index.ts';
import { type CommitId, counted, Fault, type GenerationRecord } from '../../model/index.ts';
import { applyEdits } from '../../proposer/index.ts';
import { holdText } from '../../reporter/index.ts';
import {
  generationDirectory,
  missingBytes,
  readSnapshot,
  restoreSnapshot,
  type Snapshot,
  storedDifference,
} from '../../store/index.ts';
import type { Answer } from '../answer.ts';
import { noPaint } from '../paint.ts';
import { leaveToPeople } from '../signed-by-people.ts';
import { textArgument, textOption, type Verb } from '../verb.ts';

export const rollbackVerb: Verb = {
  arguments: [['<channel>', 'name of a channel']],
  options: [
    ['--to <generation|commit>', 'a generation number, or a policy commit (its last generation)'],
    ['--now', 'also serve it at once; whatever else is due is left to the next pass'],
  ],
  examples: [
    'sluice rollback production --to 41',
    'sluice rollback production --to 41 --now',
    'sluice rollback production --to 3fa9c1d',
  ],
  how: {
    needs: 'writing',
    async run(call, { installation }) {
      const channel = textArgument(call, 0) ?? '';
      const record = findGeneration(installation, channel, textOption(call, 'to'));
      await refuseRemoved(installation, record);
      if (call.options.now !== true) return pinnedAnswer(record, await pin(installation, record));
      // Its files are read back while git works.
      const working = await readingAhead(installation, record);
      return await publishedAnswer(working, record, await pin(working, record));
    },
  },
};

/** Returns the commit; undefined where the channel is pinned to it already. */
async function pin(
  installation: Installation,
  record: GenerationRecord,
): Promise<CommitId | undefined> {
  const { policyGit } = installation.ports;
  const path = `channels/${record.channel}.yaml`;
  const pinned = `pin: { generation: ${record.number}, digest: "${record.content}" }`;
  const instead = `Write \`${pinned}\` into ${path} and commit it signed: git commit -S`;
  const byPullRequest = `Write \`${pinned}\` into ${path} in a pull request, and have it approved.`;
  const object = `rollback of ${record.channel}`;
  await leaveToPeople(installation, { object, instead, byPullRequest });
  const head = await policyGit.fetch();
  const text = await policyGit.readText(head, path);
  const value = { generation: record.number, digest: record.content };
  const changes = applyEdits(
    (wanted) => (wanted === path ? text : undefined),
    [{ kind: 'set', path, at: ['pin'], value }],
  );
  if (text === undefined || changes.every((c) => c.text === text)) return undefined;
  const subject = `Roll ${record.channel} back to generation ${record.number}`;
  const undo = 'Undo: git revert this commit, or merge the unpin proposal.';
  return await policyGit.commitToWatched(head, `${subject}\n\n${undo}\n`, changes);
}

function dataOf(record: GenerationRecord, commit: CommitId | undefined) {
  const { channel, number, content } = record;
  return { channel, generation: number, content, ...(commit === undefined ? {} : { commit }) };
}

function pinnedAnswer(record: GenerationRecord, commit: CommitId | undefined): Answer {
  const { channel, number } = record;
  return {
    kind: 'Rollback',
    data: dataOf(record, commit),
    text: () =>
      commit === undefined
        ? `${channel} is already pinned to generation ${number}`
        : `${channel}: pinned to generation ${number} by commit ${commit.slice(0, 12)}; \`sluice reconcile\` applies it\n${undoText(record, commit)}`,
    exit: 0,
  };
}

const undoText = ({ channel }: GenerationRecord, commit: CommitId | undefined): string =>
  `Undo: ${commit === undefined ? 'git revert the commit that pinned it' : `git revert ${commit.slice(0, 12)}`}, or merge the proposal unpin/${channel}`;

/** The pass that serves what is pinned, and what it came to. */
async function publishedAnswer(
  installation: Installation,
  record: GenerationRecord,
  commit: CommitId | undefined,
): Promise<Answer> {
  const { channel, number, content } = record;
  const served = () => installation.memory().generations.get(channel)?.at(-1);
  const before = served();
  const report = await pass(installation, { syncAll: false, returnsOnly: true });
  const now = served();
  const data = dataOf(record, commit);
  if (now?.content !== content || now.pinned !== true) return unpublished(report, data, record);
  const change =
    before && (await storedDifference(installation.store, before.content, now.content));
  const [came, went] = [change?.added.length ?? 0, change?.removed.length ?? 0];
  const moved =
    before?.number === now.number
      ? `${channel} serves generation ${now.number} already: the content of generation ${number}`
      : `${channel} serves generation ${now.number}: the content of generation ${number} (${counted(came, 'package')} came back, ${went} went)`;
  return {
    kind: 'Rollback',
    data: { ...data, served: { generation: now.number, came, went } },
    text: () =>
      `${moved}\nIt stays so, and nothing enters, until the pin is removed from channels/${channel}.yaml\n${undoText(record, commit)}`,
    exit: 0,
  };
}

/** The commit stands, so every pass tries it again. */
function unpublished(report: PassReport, data: object, record: GenerationRecord): Answer {
  const { channel, number } = record;
  const why = [
    ...report.faults.map(
      (fault) => `! ${fault.code}  ${fault.object}: ${fault.check}\n    fix: ${fault.fix}`,
    ),
    ...report.holds.map((hold) => holdText(hold, noPaint)),
  ];
  const { holds, faults } = report;
  return {
    kind: 'Rollback',
    data: { ...data, holds, faults },
    text: () =>
      [
        `${channel} is pinned to generation ${number} and does not serve it yet; \`sluice reconcile\` tries again and says why`,
        ...why,
      ].join('\n'),
    exit: exitOf([{ ...report, changed: true }]),
  };
}

/**
 * A removal takes names before the bytes that they reach, so a generation whose files are here has its packages here too,
 * and need not be read. What `sluice gc` has removed comes back as a list from the log, and its bytes are looked for.
 */
async function refuseRemoved(installation: Installation, wanted: GenerationRecord): Promise<void> {
  const { store, ports } = installation;
  const isRetained = async ({ channel, number, content }: GenerationRecord) => {
    const directory = generationDirectory(store.root, channel, number);
    return (await readRepositoryManifest(store.disk, directory))?.content === content;
  };
  if (await isRetained(wanted)) return;
  const readText = (path: string) => ports.policyGit.readLog(path);
  const isWhole = async (snapshot: Snapshot | undefined) => {
    if (snapshot?.kind !== 'channel') return false;
    for await (const _ of missingBytes(store, snapshot)) return false;
    return true;
  };
  const isHere = async (record: GenerationRecord) =>
    (await isRetained(record)) || isWhole(await readSnapshot(store, record.content));
  const kept = await readSnapshot(store, wanted.content);
  if (await isWhole(kept ?? (await restoreSnapshot(store, readText, wanted.content)))) return;
  const records = installation.memory().generations.get(wanted.channel) ?? [];
  const here: number[] = [];
  for (const record of records) if (await isHere(record)) here.push(record.number);
  throw new Fault('SnapshotMissing', {
    object: `${wanted.channel} generation ${wanted.number}`,
    check: 'its packages are held here',
    expected: `one of generation ${here.join(', ') || '(none)'}`,
    found: 'not all of them: they were removed',
    fix: `Roll back to one of these, or bring the content: sluice snapshot import <site>/snapshots/${wanted.content.slice(7)}`,
  });
}

function findGeneration(
  installation: Installation,
  channel: string,
  to: string | undefined,
): GenerationRecord {
  const records = installation.memory().generations.get(channel) ?? [];
  const byNumber = /^\d{1,6}$/.test(to ?? '')
    ? records.find((r) => r.number === Number(to))
    : undefined;
  const byCommit =
    to !== undefined && /^[0-9a-f]{7,64}$/.test(to)
      ? records.findLast((r) => r.commit.startsWith(to))
      : undefined;
  const found = byNumber ?? byCommit;
  if (found) return found;
  throw new Fault('NotFound', {
    object: `${channel} ${to ?? ''}`.trim(),
    check: 'the channel has no such generation',
    found:
      records.map((r) => `${r.number} (${r.commit.slice(0, 12)})`).join(', ') || 'no generations',
    fix: `Run \`sluice history ${channel}\` and give --to a number or a commit from it.`,
  });
}
