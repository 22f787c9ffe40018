import { type CommitId, type Desired, digestOf } from '../model/index.ts';
import { desiredOf, gather } from './entries.ts';
import { type Finding, sortedFindings, warningAt } from './finding.ts';
import { judgeDocument } from './judge-document.ts';
import { type Entry, type Kind, kinds } from './kinds/kinds.ts';
import { rules } from './rules/rules.ts';
import { type PolicyFile, sortFiles } from './sort-files.ts';
import { type PolicyDocument, readDocument } from './yaml/read-document.ts';

export type ReadPolicy =
  | { readonly desired: Desired; readonly findings: readonly Finding[] }
  | { readonly desired: undefined; readonly findings: readonly Finding[] };

export type ReadPolicyFiles = (
  files: readonly PolicyFile[],
  commit: { readonly id: CommitId; readonly time: number },
  lost?: readonly PolicyFile[],
) => ReadPolicy;

/**
 * Reads a whole policy repository: every file's form, every value, and what the files say of each other. Answers what
 * is wanted, with warnings, or every finding at once and nothing else.
 *
 * `lost` are last accepted versions of files that are gone although others still name them (`Finding.missing` says
 * which): they are read as if they were there, each with a warning, and listed in `Desired.lost` to be put back.
 */
export const readPolicy: ReadPolicyFiles = (files, commit, lost = []) =>
  policyReader()(files, commit, lost);

/**
 * The same, and remembers what each file said: the next commit changes few of them, and of those that it leaves alone
 * the values are the same objects.
 */
export function policyReader(): ReadPolicyFiles {
  const known = new Map<string, KnownFile>();
  return (files, commit, lost = []) => {
    const present = new Set(files.map((f) => f.path));
    const added = lost.filter((f) => !present.has(f.path));
    for (const path of known.keys()) {
      if (!present.has(path)) known.delete(path);
    }
    return read({ files, added, commit, readOne: (file) => readKnown(known, file) });
  };
}

interface KnownFile {
  readonly text: string | Uint8Array;
  readonly result: FileResult;
}

function readKnown(known: Map<string, KnownFile>, file: KindedFile): FileResult {
  const before = known.get(file.path);
  if (before?.text === file.text) return before.result;
  const result = readFile(file);
  known.set(file.path, { text: file.text, result });
  return result;
}

function read({
  files,
  added,
  commit,
  readOne,
}: {
  readonly files: readonly PolicyFile[];
  readonly added: readonly PolicyFile[];
  readonly commit: { readonly id: CommitId; readonly time: number };
  readonly readOne: (file: KindedFile) => FileResult;
}): ReadPolicy {
  const sorted = sortFiles([...files, ...added]);
  const results = sorted.documents.map(readOne);
  const entries = gather({
    entries: results.flatMap((r) => (r.entry === undefined ? [] : [r.entry])),
    documents: new Map(sorted.documents.map((file) => [file.path, () => documentOf(file)])),
    keys: new Map(sorted.keys.map((k) => [k.path, asText(k.text)])),
    patches: new Map(sorted.patches.map((p) => [p.path, digestOf(p.text)])),
    declared: Map.groupBy(sorted.documents, (d) => d.kind)
      .entries()
      .map(([kind, list]) => [kind, new Set(list.map((d) => bareName(d.path)))] as const)
      .reduce((map, [kind, names]) => map.set(kind, names), new Map<Kind, Set<string>>()),
  });
  const findings = sortedFindings([
    ...sorted.findings,
    ...results.flatMap((r) => r.findings),
    ...rules.flatMap((rule) => rule(entries)),
    ...added.map(lostFile),
  ]);
  const { site } = entries;
  if (site === undefined || findings.some((f) => f.severity === 'error')) {
    return { desired: undefined, findings };
  }
  const desired = desiredOf({ ...entries, site }, commit);
  const paths = added.map((f) => f.path);
  return { desired: paths.length === 0 ? desired : { ...desired, lost: paths }, findings };
}

function lostFile({ path }: PolicyFile): Finding {
  return warningAt({ file: path, line: 1, col: 1 }, 'PolicyReference', {
    message: 'the file was deleted while others still name it; its last version counts',
    fix: 'The controller puts it back; to be rid of it, delete what names it.',
  });
}

type KindedFile = PolicyFile & { readonly kind: Kind };

interface FileResult {
  readonly entry?: Entry;
  readonly findings: readonly Finding[];
}

/** Documents are large and only asked for the place of a finding, so they are not kept. */
function documentOf(file: KindedFile): PolicyDocument | undefined {
  const read = readDocument(file.path, file.text, kinds[file.kind].limits);
  return 'findings' in read ? undefined : read.document;
}

function readFile(file: KindedFile): FileResult {
  const read = readDocument(file.path, file.text, kinds[file.kind].limits);
  if ('findings' in read) return { findings: read.findings };
  const { document } = read;
  const understood = kinds[file.kind].read(document);
  if ('issues' in understood) {
    return { findings: judgeDocument(file.kind, document, understood.issues) };
  }
  return { entry: understood, findings: [] };
}

/** `channels/testing.yaml` → `testing` */
const bareName = (path: string): string => (path.split('/').at(-1) ?? '').replace(/\.yaml$/, '');

const asText = (text: string | Uint8Array): string =>
  typeof text === 'string' ? text : new TextDecoder().decode(text);
