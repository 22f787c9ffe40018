import type { CommitId, ProposalRecord, Sha256, SnapshotId } from '../model/index.ts';
import type { CommitInfo } from '../ports.ts';
import type { Installation } from './installation.ts';

/** One change of a policy file that let a package in, or took it back. */
export interface TracedDecision {
  readonly path: string;
  readonly kind: 'update' | 'promotion' | 'hold' | 'base';
  readonly change: 'added' | 'changed' | 'deleted';
  readonly channel?: string;
  readonly commit: CommitId;
  readonly author: string;
  /** Seconds since 1970. */
  readonly time: number;
  readonly subject: string;
  readonly proposal?: TracedProposal;
}

export interface TracedProposal {
  readonly number: number;
  readonly title: string;
  readonly state: ProposalRecord['state'];
  readonly approvals: readonly { readonly person: string; readonly at: number }[];
}

/** What the decisions are about: the package, and the snapshots that hold it. */
export interface Traced {
  readonly sha256: Sha256;
  readonly snapshots: ReadonlySet<SnapshotId>;
}

/** Every accepted commit that changed a file about this package, oldest first. */
export async function tracedDecisions(
  c: Installation,
  subject: Traced,
): Promise<readonly TracedDecision[]> {
  const head = c.memory().acceptedHead;
  if (head === undefined) return [];
  const proposals = await c.ports.forge.list();
  const commits = await c.ports.policyGit.firstParents(undefined, head);
  const slugs = new Set<string>();
  const decisions: TracedDecision[] = [];
  for (const commit of commits) {
    const changes = await textChanges(c, commit);
    // Updates first: the promotions of the same commit are known by their names.
    for (const { path, before, after } of changes) {
      const says = `${before}${after}`.includes(subject.sha256);
      if (says && /^(updates|holds)\//.test(path)) slugs.add(slugIn(path));
    }
    for (const change of changes) {
      const decision = decisionIn(change, commit, { subject, slugs });
      if (!decision) continue;
      const proposal = proposalOf(decision, commit, proposals);
      decisions.push(proposal ? { ...decision, proposal } : decision);
    }
  }
  return decisions;
}

interface TextChange {
  readonly path: string;
  /** Empty where the file was not there. */
  readonly before: string;
  readonly after: string;
}

const wanted = /^(updates|promotions|holds|channels)\/.*\.yaml$/;

async function textChanges(c: Installation, commit: CommitInfo): Promise<readonly TextChange[]> {
  const { policyGit } = c.ports;
  const [parent] = commit.parents;
  const paths = parent
    ? await policyGit.changedPaths(parent, commit.id)
    : (await policyGit.files(commit.id)).map((f) => f.path);
  const changes: TextChange[] = [];
  for (const path of paths.filter((p) => wanted.test(p))) {
    const before = (parent && (await policyGit.readText(parent, path))) ?? '';
    changes.push({ path, before, after: (await policyGit.readText(commit.id, path)) ?? '' });
  }
  return changes;
}

const slugIn = (path: string): string => path.replace(/^.*\//, '').replace(/\.yaml$/, '');

interface About {
  readonly subject: Traced;
  /** File names of updates that bring the package. */
  readonly slugs: ReadonlySet<string>;
}

function decisionIn(
  change: TextChange,
  commit: CommitInfo,
  about: About,
): TracedDecision | undefined {
  const { path, before, after } = change;
  const kind = kindOf(change, about);
  if (kind === undefined) return undefined;
  const channel = channelIn(path, kind);
  return {
    path,
    kind,
    change: before === '' ? 'added' : after === '' ? 'deleted' : 'changed',
    ...(channel === undefined ? {} : { channel }),
    commit: commit.id,
    author: commit.author,
    time: commit.time,
    subject: commit.subject,
  };
}

function kindOf(
  { path, before, after }: TextChange,
  { subject, slugs }: About,
): TracedDecision['kind'] | undefined {
  const [folder] = path.split('/');
  if (folder === 'channels') {
    const pins = (text: string) => [...subject.snapshots].some((id) => text.includes(id));
    return pins(before) === pins(after) ? undefined : 'base';
  }
  if (!slugs.has(slugIn(path))) return undefined;
  return folder === 'updates' ? 'update' : folder === 'holds' ? 'hold' : 'promotion';
}

function channelIn(path: string, kind: TracedDecision['kind']): string | undefined {
  if (kind === 'update') return undefined;
  return kind === 'base' ? slugIn(path) : path.split('/')[1];
}

/** The pull request that the commit merged; a squashed one is known by what it is about. */
function proposalOf(
  decision: TracedDecision,
  commit: CommitInfo,
  proposals: readonly ProposalRecord[],
): TracedProposal | undefined {
  const merged = proposals.find((p) => commit.parents.slice(1).includes(p.head));
  const found = merged ?? proposals.find((p) => p.state === 'merged' && isAbout(p, decision));
  if (!found || decision.change === 'deleted' || decision.kind === 'hold') return undefined;
  const { number, title, state } = found;
  const approvals = (found.approvals ?? []).map(({ person, at }) => ({ person, at }));
  return { number, title, state, approvals };
}

/** `promotion/production/RHSA-2026-1234`, `bootstrap/production`. */
function isAbout(proposal: ProposalRecord, { path, kind, channel }: TracedDecision): boolean {
  const [verb, place, slug] = proposal.identity.split('/');
  if (kind === 'base') return verb === 'bootstrap' && place === channel;
  return (
    slug === slugIn(path) && (channel === undefined ? verb !== 'promotion' : place === channel)
  );
}
