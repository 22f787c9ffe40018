import type {
  Channel,
  Desired,
  FileEdit,
  HoldFile,
  Place,
  Promotion,
  Update,
} from '../../model/index.ts';

/** The policy as it would be with the planner's own edits; reads back only what the planner writes. */
export function withEdits(desired: Desired, edits: readonly FileEdit[]): Desired {
  return edits.reduce(withEdit, desired);
}

function withEdit(desired: Desired, edit: FileEdit): Desired {
  if (edit.kind === 'create') return withFile(desired, edit);
  if (edit.kind === 'delete') return withoutFile(desired, edit.path);
  return withValue(desired, edit);
}

function withFile(desired: Desired, edit: Extract<FileEdit, { kind: 'create' }>): Desired {
  const at: Place = { file: edit.path, line: 1, col: 1 };
  const place = { file: edit.path, at };
  // The planner made these documents a moment ago, in exactly these shapes.
  if (edit.path.startsWith('updates/')) {
    const update = { ...edit.document, ...place } as unknown as Update;
    return { ...desired, updates: new Map(desired.updates).set(update.id, update) };
  }
  const others = withoutFile(desired, edit.path);
  if (edit.path.startsWith('promotions/')) {
    const promotion = { ...edit.document, ...place } as unknown as Promotion;
    return { ...others, promotions: [...others.promotions, promotion] };
  }
  const hold = { ...edit.document, ...place } as unknown as HoldFile;
  return { ...others, holds: [...others.holds, hold] };
}

function withoutFile(desired: Desired, path: string): Desired {
  return {
    ...desired,
    promotions: desired.promotions.filter((p) => p.file !== path),
    holds: desired.holds.filter((h) => h.file !== path),
  };
}

function withValue(desired: Desired, edit: Extract<FileEdit, { kind: 'set' }>): Desired {
  const channel = [...desired.channels.values()].find((c) => c.at.file === edit.path);
  if (!channel) return desired;
  const changed = withChannelValue(channel, edit);
  return { ...desired, channels: new Map(desired.channels).set(channel.name, changed) };
}

function withChannelValue(channel: Channel, edit: Extract<FileEdit, { kind: 'set' }>): Channel {
  const [field, index, key] = edit.at;
  if (field === 'pin') {
    const { pin: _, ...rest } = channel;
    return rest;
  }
  if (field !== 'base' || typeof key !== 'string') return channel;
  const base = channel.base.map((b, i) => (i === index ? { ...b, [key]: edit.value } : b));
  return { ...channel, base };
}
