import { commit, editTexts } from '../../executor/index.ts';
import {
  type Decision,
  type Desired,
  Fault,
  type FileEdit,
  type Sha256,
} from '../../model/index.ts';
import { alsoNeeded, decisionsOf } from '../../policy/index.ts';
import type { PathChange } from '../../ports.ts';
import type { Installation } from '../installation.ts';
import type { Outcome, Refusal } from './outcome.ts';
import { denied } from './permission.ts';

export interface AskedDecision {
  readonly desired: Desired;
  /** Name of who asks. */
  readonly name: string;
  readonly id: Sha256;
  readonly edits: readonly FileEdit[];
  readonly subject: string;
  readonly why: string;
  readonly trailers: Readonly<Record<string, string>>;
}

/**
 * Commits what a person may decide by the same rules that a commit of theirs would be judged by. The commit is the
 * controller's: where commits are judged, it needs the right too, and where people sign it is theirs to make.
 */
export async function writeDecision(c: Installation, asked: AskedDecision): Promise<Outcome> {
  const { desired, name, edits, subject, why, id, trailers } = asked;
  const head = c.memory().acceptedHead ?? desired.commit;
  const changes = await editTexts(c.ports.policyGit, head, edits);
  const decisions = await decisionsIn(c, head, changes);
  const refusal =
    denied(desired, name, decisions) ?? (await notTheControllers(c, asked, decisions));
  if (refusal !== undefined) return refusal;
  const step = { subject, edits, why: { text: why }, id, trailers };
  const outcome = await commit(c.ports, step, head);
  if (outcome.kind === 'waiting') throw waits(outcome.hold);
  const text = outcome.kind === 'done' ? outcome.text : `${subject}: it is so already`;
  return { kind: 'done', lines: [`${text}.`, ...undo(outcome.kind === 'done')] };
}

const undo = (made: boolean): readonly string[] =>
  made ? ['Deleting or reverting what the commit wrote takes it back.'] : [];

async function decisionsIn(
  c: Installation,
  head: Desired['commit'],
  changes: readonly PathChange[],
): Promise<readonly Decision[]> {
  const { policyGit } = c.ports;
  const paths = changes.map((change) => change.path);
  const before = new Map<string, string>();
  for (const path of new Set([...paths, ...alsoNeeded(paths)])) {
    const text = await policyGit.readText(head, path);
    if (text !== undefined) before.set(path, text);
  }
  const after = new Map(before);
  for (const { path, text } of changes) {
    if (text === undefined) after.delete(path);
    else after.set(path, text);
  }
  const files = (await policyGit.files(head)).map((f) => f.path);
  const promotions = files.filter((path) => path.startsWith('promotions/'));
  return decisionsOf({ paths, before, after, promotions, accessKeys: new Set() });
}

async function notTheControllers(
  c: Installation,
  { desired, edits }: AskedDecision,
  decisions: readonly Decision[],
): Promise<Refusal | undefined> {
  const { trust } = desired.site;
  if (trust === 'open') return undefined;
  const [verb = ''] = decisions.map((d) => `${d.verb} ${d.object}`);
  const files = [...new Set(edits.map((e) => e.path))].join(', ');
  if (trust === 'keys') {
    const why = `${verb}: people sign their decisions here (trust mode keys), and no comment does`;
    return { kind: 'refused', why, fix: `a signed commit of yours that changes ${files}` };
  }
  const [key] = await c.ports.signer.keys();
  const people = [...(desired.access?.people.values() ?? [])];
  const own = people.find((p) => p.openpgp.some((k) => k.fingerprint === key))?.name;
  const refusal = denied(desired, own ?? 'the controller', decisions);
  if (refusal === undefined) return undefined;
  const why = `${refusal.why}. The commit would be the controller's, and it may not`;
  return { kind: 'refused', why, fix: `a pull request that changes ${files}` };
}

/** The repository is in somebody's hands: the next pass tries again, and nothing is answered before. */
function waits(hold: {
  readonly code: Fault['code'];
  readonly text: string;
  readonly awaits: string;
}) {
  return new Fault(hold.code, {
    object: 'a command in a comment',
    check: 'its commit can be written now',
    found: hold.text,
    fix: hold.awaits,
  });
}
