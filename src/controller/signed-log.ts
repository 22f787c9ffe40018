import type { ChannelSnapshot, GenerationRecord, Sha256, SignedForm } from '../model/index.ts';
import { signedForms } from '../observer/index.ts';
import { type Block, cutByName } from '../store/index.ts';
import type { Installation } from './installation.ts';

/** One list of forms in the log: those of a block of sources, in its order. */
const formsPath = (key: string, block: Block): string =>
  `signed/${key}/${block.key.slice(0, 2)}/${block.key}.json`;

/**
 * What the log keeps so that a machine without the key knows what was served: digest and size of every signed form.
 * Equal blocks have equal files, so a generation adds what it changed.
 */
export function signedFormFiles(
  c: Installation,
  record: GenerationRecord,
  content: ChannelSnapshot,
): readonly { readonly path: string; readonly text: string }[] {
  const { packageKey: key } = record;
  if (key === undefined) return [];
  const forms = signedForms(c.memory(), key);
  return blocksOf(content).map((block) => {
    const list = block.packages.map((p) => forms.get(p.sha256) ?? null);
    return { path: formsPath(key, block), text: `${JSON.stringify(list)}\n` };
  });
}

/** The forms of a generation as the log tells them; what they make is compared with what was published. */
export async function formsFromLog(
  c: Installation,
  record: GenerationRecord,
  content: ChannelSnapshot,
): Promise<ReadonlyMap<Sha256, SignedForm>> {
  const forms = new Map<Sha256, SignedForm>();
  const { packageKey: key } = record;
  if (key === undefined) return forms;
  for (const block of blocksOf(content)) {
    const text = await c.ports.policyGit.readLog(formsPath(key, block));
    const list = text === undefined ? [] : (JSON.parse(text) as readonly (SignedForm | null)[]);
    for (const [i, { sha256 }] of block.packages.entries()) {
      const form = list[i];
      if (form) forms.set(sha256, form);
    }
  }
  return forms;
}

const blocksOf = (content: ChannelSnapshot): readonly Block[] =>
  [...content.trees.values()].flatMap((tree) => cutByName(tree.packages));
