import type {
  Channel,
  CommitId,
  Desired,
  GenerationRecord,
  Sha256,
  SnapshotId,
} from '../../model/index.ts';
import { currentGeneration } from '../../observer/index.ts';
import { judgeCommits } from '../../watch/index.ts';
import type { Installation } from '../installation.ts';
import { readPolicyAt } from '../read-policy-at.ts';
import { refused } from './refused.ts';

/** How far the signer has followed the policy repository by itself. */
export interface Followed {
  /** The newest commit that it judged good; undefined at first contact, which trusts the journal. */
  head(): Promise<CommitId | undefined>;
  move(to: CommitId): Promise<void>;
}

/** What the signer judges by. */
export interface SignerView {
  /** The state directory as it is now, read without lock. */
  readonly installation: Installation;
  readonly followed: Followed;
  /** Keys of the signer, its default one first. */
  readonly keys: readonly string[];
  /** Policies that were read before. */
  readonly policies: Map<CommitId, Desired>;
  /** What channels may serve, by commit and name, as long as the installation is this one. */
  readonly sources: Map<string, ReadonlySet<Sha256>>;
}

/**
 * The policy of a commit, if that commit is in force: the journal says so, and every commit since the last one that the
 * signer followed may decide what it decides by the rules before it. Throws `SigningRefused`.
 */
export async function policyInForceAt(view: SignerView, commit: CommitId): Promise<Desired> {
  const { installation: c, followed } = view;
  const { desiredCommit } = c.memory();
  if (desiredCommit !== commit) {
    throw refused(`commit ${commit}`, 'its policy is in force by the journal', {
      expected: desiredCommit ?? 'a commit',
      found: 'another commit',
    });
  }
  await follow(c, followed, commit);
  return policyAt(view, commit);
}

/** What a commit says, whether or not it is in force. */
export async function policyAt(view: SignerView, commit: CommitId): Promise<Desired> {
  const known = view.policies.get(commit);
  if (known) return known;
  const { desired } = await readPolicyAt(view.installation.ports, commit);
  if (!desired) {
    throw refused(`commit ${commit}`, 'its policy files are valid', { found: 'findings' });
  }
  view.policies.set(commit, desired);
  return desired;
}

async function follow(c: Installation, followed: Followed, commit: CommitId): Promise<void> {
  const from = await followed.head();
  if (from === commit) return;
  if (from !== undefined) {
    const { policyGit } = c.ports;
    if (!(await policyGit.isAncestor(from, commit))) {
      throw refused(`commit ${commit}`, 'it descends from what this signer followed before', {
        expected: `a descendant of ${from}`,
        found: 'another history, or an older commit',
      });
    }
    const commits = await policyGit.firstParents(from, commit);
    const { hold } = await judgeCommits(c.ports, commits, { from });
    if (hold) {
      throw refused(`commit ${commit}`, 'everybody who decided may decide it', {
        found: hold.text,
      });
    }
  }
  await followed.move(commit);
}

/**
 * Everything that a channel may serve by a policy: what its pins and promoted updates name, and what it served before
 * and a gate keeps. A superset of the content, and nothing that nobody decided.
 */
export async function authorisedSources(
  view: SignerView,
  desired: Desired,
  channel: Channel,
): Promise<ReadonlySet<Sha256>> {
  const key = `${desired.commit} ${channel.name}`;
  const known = view.sources.get(key);
  if (known) return known;
  const c = view.installation;
  const digests = new Set<Sha256>();
  const current = currentGeneration(c.memory(), channel.name);
  const pins = channel.base.flatMap((pin) => pin.snapshot ?? []);
  const before = current ? [current.content, ...Object.values(current.base)] : [];
  const pinned = channel.pin ? [channel.pin.digest] : [];
  for (const id of new Set<SnapshotId>([...pins, ...before, ...pinned])) {
    for (const digest of await digestsIn(c, id)) digests.add(digest);
  }
  for (const { channel: name, update: id } of desired.promotions) {
    if (name !== channel.name) continue;
    const update = desired.updates.get(id);
    // Results that nobody decided to sign are for later builds only.
    if (update?.build?.unsigned && channel.takes !== 'results') continue;
    for (const p of update?.packages ?? []) digests.add(p.sha256);
  }
  view.sources.set(key, digests);
  return digests;
}

async function digestsIn(c: Installation, id: SnapshotId): Promise<readonly Sha256[]> {
  // Reading checks that the content has this digest.
  const snapshot = await c.snapshots.read(id);
  if (!snapshot) return [];
  const trees = snapshot.kind === 'channel' ? [...snapshot.trees.values()] : [snapshot];
  return trees.flatMap((tree) => tree.packages.map((p) => p.sha256));
}

/** A generation that was published already may be written again, by the policy that it was made from. */
export function isPublished(c: Installation, record: GenerationRecord): boolean {
  const records = c.memory().generations.get(record.channel) ?? [];
  return records.some((r) => r.number === record.number && r.content === record.content);
}
