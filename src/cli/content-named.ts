import type { ByChannel } from '../controller/index.ts';
import {
  Fault,
  type GenerationRecord,
  type PackageEntry,
  type TreeContent,
} from '../model/index.ts';
import type { Opened } from './verb.ts';

/** Something that holds packages by tree: a channel, one of its generations, a snapshot, or a commit's channels. */
export interface NamedContent {
  readonly name: string;
  readonly trees: ReadonlyMap<string, TreeContent>;
  /** The same trees by the channel that has them. */
  readonly channels: ByChannel;
}

/** `testing`, `testing@41`, `sha256:3fa9…` (a unique beginning), or a policy commit (every channel's content then). */
export async function contentNamed(opened: Opened, text: string): Promise<NamedContent> {
  const found =
    (await ofChannel(opened, text)) ??
    (await ofSnapshot(opened, text)) ??
    (await ofCommit(opened, text));
  if (found) return found;
  throw new Fault('NotFound', {
    object: text,
    check: 'no channel, generation, snapshot or published commit has this name',
    found: `channels ${[...opened.installation.memory().generations.keys()].join(', ') || 'none'}`,
    fix: 'Give testing, testing@41, sha256:3fa9…, or a commit from `sluice history`.',
  });
}

async function ofChannel(opened: Opened, text: string): Promise<NamedContent | undefined> {
  const [name = '', generation] = text.split('@');
  const records = opened.installation.memory().generations.get(name) ?? [];
  const record =
    generation === undefined
      ? records.at(-1)
      : records.find((r) => String(r.number) === generation);
  if (!record) return undefined;
  const trees = await treesOf(opened, record);
  return { name: text, trees, channels: new Map([[name, trees]]) };
}

async function treesOf(
  { installation }: Opened,
  record: GenerationRecord,
): Promise<ReadonlyMap<string, TreeContent>> {
  const content = await installation.snapshots.read(record.content);
  return content?.kind === 'channel' ? content.trees : new Map();
}

async function ofSnapshot(
  { installation }: Opened,
  text: string,
): Promise<NamedContent | undefined> {
  if (!text.startsWith('sha256:')) return undefined;
  const memory = installation.memory();
  const ids = new Set([
    ...[...memory.upstreams.values()].flatMap((u) => u.history ?? []),
    ...[...memory.generations.values()].flat().map((r) => r.content),
  ]);
  const matching = [...ids].filter((id) => id.startsWith(text));
  const only = matching.length === 1 ? matching[0] : undefined;
  const snapshot = only && (await installation.snapshots.read(only));
  if (!snapshot) return undefined;
  const trees = snapshot.kind === 'channel' ? snapshot.trees : new Map([['', snapshot]]);
  return { name: snapshot.id, trees, channels: new Map([['', trees]]) };
}

async function ofCommit(opened: Opened, text: string): Promise<NamedContent | undefined> {
  const { installation } = opened;
  const commit = await installation.ports.policyGit.resolve(text).catch(() => undefined);
  if (!commit) return undefined;
  const trees = new Map<string, TreeContent>();
  const channels = new Map<string, ReadonlyMap<string, TreeContent>>();
  for (const [channel, records] of installation.memory().generations) {
    const record = records.findLast((r) => r.commit === commit);
    if (!record) continue;
    const own = await treesOf(opened, record);
    channels.set(channel, own);
    for (const [tree, content] of own) trees.set(`${channel}/${tree}`, content);
  }
  return trees.size === 0 ? undefined : { name: commit, trees, channels };
}

export function packagesOf(
  content: NamedContent,
): readonly (PackageEntry & { readonly tree: string })[] {
  return [...content.trees].flatMap(([tree, t]) => t.packages.map((p) => ({ ...p, tree })));
}
