import { readRepositoryManifest } from '../../executor/index.ts';
import { Fault, type GenerationRecord } from '../../model/index.ts';
import { applyEdits } from '../../proposer/index.ts';
import {
  generationDirectory,
  missingBytes,
  readSnapshot,
  restoreSnapshot,
  type Snapshot,
} from '../../store/index.ts';
import type { Answer } from '../answer.ts';
import { leaveToPeople } from '../signed-by-people.ts';
import { type Opened, textArgument, textOption, type Verb } from '../verb.ts';

export const rollbackVerb: Verb = {
  arguments: [['<channel>', 'name of a channel']],
  options: [
    ['--to <generation|commit>', 'a generation number, or a policy commit (its last generation)'],
  ],
  examples: ['sluice rollback production --to 41', 'sluice rollback production --to 3fa9c1d'],
  how: {
    needs: 'writing',
    async run(call, opened) {
      const channel = textArgument(call, 0) ?? '';
      const record = findGeneration(opened, channel, textOption(call, 'to'));
      await refuseRemoved(opened, record);
      return pin(opened, record);
    },
  },
};

async function pin({ installation }: Opened, record: GenerationRecord): Promise<Answer> {
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
  const subject = `Roll ${record.channel} back to generation ${record.number}`;
  const undo = 'Undo: git revert this commit, or merge the unpin proposal.';
  const commit =
    changes.every((c) => c.text === text) || text === undefined
      ? undefined
      : await policyGit.commitToWatched(head, `${subject}\n\n${undo}\n`, changes);
  return {
    kind: 'Rollback',
    data: { channel: record.channel, generation: record.number, content: record.content, commit },
    text: () =>
      commit === undefined
        ? `${record.channel} is already pinned to generation ${record.number}`
        : `${record.channel}: pinned to generation ${record.number} by commit ${commit.slice(0, 12)}; \`sluice reconcile\` applies it\n${undo}`,
    exit: 0,
  };
}

/**
 * A removal takes names before the bytes that they reach, so a generation whose files are here has its packages here too,
 * and need not be read. What `sluice gc` has removed comes back as a list from the log, and its bytes are looked for.
 */
async function refuseRemoved({ installation }: Opened, wanted: GenerationRecord): Promise<void> {
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
  { installation }: Opened,
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
