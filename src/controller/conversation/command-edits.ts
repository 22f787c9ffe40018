import type {
  Desired,
  FileEdit,
  ProposalRecord,
  Sha256,
  Update,
  UpdatePackage,
} from '../../model/index.ts';
import { holdFile } from '../../planner/index.ts';
import type { CommentCommand } from '../../policy/index.ts';
import { isoTime } from '../iso-time.ts';

/** Commands that become a commit. */
export type WritingCommand = Extract<
  CommentCommand,
  { readonly verb: 'good' | 'hold' | 'expedite' | 'waive' }
>;

export interface Written {
  /** Empty: there is nothing to write, it is so already. */
  readonly edits: readonly FileEdit[];
  readonly subject: string;
}

export interface Asking {
  readonly desired: Desired;
  readonly record: ProposalRecord;
  /** Name of who asks. */
  readonly name: string;
  /** Seconds since 1970. */
  readonly at: number;
  readonly page?: string | undefined;
}

/** What a command means as edits of policy files, or why it means nothing here. */
export function commandEdits(
  command: WritingCommand,
  asking: Asking,
): Written | { readonly why: string; readonly fix: string } {
  const updates = updatesOf(asking);
  if (updates.length === 0) {
    const why = 'the proposal promotes no update, or more than it can list';
    return { why, fix: 'a commit that says it' };
  }
  switch (command.verb) {
    case 'hold':
      return held(command, asking, updates);
    case 'good':
      return marked(command, asking, updates);
    case 'expedite':
      return hurried(command, asking, updates);
    case 'waive':
      return waived(command, asking, updates);
  }
}

interface Proposed {
  readonly id: string;
  readonly packages: readonly Pick<UpdatePackage, 'nevra' | 'sha256'>[];
  /** Where its file is on the watched branch already. */
  readonly update?: Update;
}

/** What the proposal brings, by its own record: its files may be on its branch only. */
function updatesOf({ desired, record }: Asking): readonly Proposed[] {
  return Object.entries(record.brings ?? {}).flatMap(([unit, lines]): Proposed[] => {
    const id = /^promotion:(.+)$/s.exec(unit)?.[1];
    if (id === undefined) return [];
    const update = desired.updates.get(id);
    const packages = update?.packages ?? lines.flatMap(packageIn);
    return packages.length === 0 ? [] : [{ id, packages, ...(update ? { update } : {}) }];
  });
}

function packageIn(line: string) {
  const [kind, nevra, sha256] = line.split(' ');
  if (kind !== 'package' || nevra === undefined || sha256 === undefined) return [];
  return [{ nevra, sha256: sha256 as Sha256 }];
}

export const channelOf = ({ identity }: Pick<ProposalRecord, 'identity'>): string =>
  identity.split('/')[1] ?? '';

const namesOf = (updates: readonly Proposed[]): string => updates.map((u) => u.id).join(', ');

type Command<V> = Extract<WritingCommand, { readonly verb: V }>;

function held(
  { reason }: Command<'hold'>,
  { desired, record, name }: Asking,
  updates: readonly Proposed[],
): Written {
  const channel = channelOf(record);
  const there = new Set(desired.holds.filter((h) => h.channel === channel).map((h) => h.update));
  const edits = updates
    .filter((u) => !there.has(u.id))
    .map(({ id: update, packages }) =>
      holdFile({
        ...{ channel, update, reason: reason || `held by ${name} at proposal ${record.number}` },
        packages: packages.map(({ nevra, sha256 }) => ({ nevra, sha256 })),
      }),
    );
  return { edits, subject: `Hold ${namesOf(updates)} out of ${channel}` };
}

/** What was tested is what the followed channel serves; the mark stands on its promotion over there. */
function marked(
  { reason }: Command<'good'>,
  { desired, record, name, at, page }: Asking,
  updates: readonly Proposed[],
) {
  const follows = desired.channels.get(channelOf(record))?.follows;
  const promotions = updates.flatMap(({ id }) =>
    desired.promotions.filter((p) => p.update === id && p.channel === follows),
  );
  if (follows === undefined || promotions.length < updates.length) {
    const why = `${namesOf(updates)} has no promotion in a channel where it could be tested`;
    return { why, fix: 'tested: in the promotion file, by a commit' };
  }
  const evidence = reason || page;
  const value = { by: name, at: isoTime(at), ...(evidence ? { evidence } : {}) };
  const edits = promotions
    .filter((p) => p.tested?.by !== value.by || p.tested.at !== value.at)
    .map((p): FileEdit => ({ kind: 'set', path: p.file, at: ['tested'], value }));
  return { edits, subject: `Mark ${namesOf(updates)} as tested in ${follows}` };
}

function hurried(
  { reason }: Command<'expedite'>,
  { desired, record }: Asking,
  updates: readonly Proposed[],
) {
  const channel = channelOf(record);
  const severity = desired.channels.get(channel)?.gates.expedite?.severity[0];
  if (severity === undefined) {
    const why = `${channel} has no expedite lane`;
    return { why, fix: `gates.expedite in channels/${channel}.yaml, or a waiver` };
  }
  const files = updates.flatMap(({ update }) => (update?.advisory ? [update] : []));
  if (files.length < updates.length) {
    const why = `${namesOf(updates)} has no advisory on the watched branch whose severity could be raised`;
    return { why, fix: '/sluice waive soak YYYY-MM-DD REASON' };
  }
  const edits = files
    .filter((u) => u.advisory?.siteSeverity !== severity)
    .flatMap((u): FileEdit[] => [
      { kind: 'set', path: u.file, at: ['advisory', 'siteSeverity'], value: severity },
      { kind: 'set', path: u.file, at: ['advisory', 'reason'], value: reason },
    ]);
  return { edits, subject: `Expedite ${namesOf(updates)}` };
}

function waived(
  { gate, until, reason }: Command<'waive'>,
  { desired, record }: Asking,
  updates: readonly Proposed[],
) {
  const name = channelOf(record);
  const channel = desired.channels.get(name);
  if (channel === undefined) return { why: `there is no channel ${name}`, fix: 'its file' };
  const before = (channel.waivers ?? []).map(({ at: _, ...waiver }) => waiver);
  const missing = updates.filter(
    ({ id }) => !before.some((w) => w.gate === gate && w.update === id && w.until === until),
  );
  const value = [...before, ...missing.map(({ id: update }) => ({ gate, update, until, reason }))];
  const edit: FileEdit = { kind: 'set', path: channel.at.file, at: ['waivers'], value };
  const edits = missing.length === 0 ? [] : [edit];
  return { edits, subject: `Waive the gate ${gate} of ${name} for ${namesOf(updates)}` };
}
