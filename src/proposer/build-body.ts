import type { BuildRequest, PatchTrial } from '../model/index.ts';
import { inlineCode, markdownText, plainLine } from './escape.ts';
import {
  advisoryTable,
  gatesText,
  marker,
  maxLength,
  maxRows,
  provenanceText,
  size,
  some,
  table,
  undoText,
} from './proposal-body.ts';

export interface BuildBodyOptions {
  /** Where the controller serves its pages, without a slash at the end; absent where nobody said. */
  readonly siteUrl?: string;
}

/**
 * The text of a pull request about a build, in the order of the questions people ask: what happens, of what, how, what
 * came out, where the log is, why, and how it is undone. Deterministic, like that of other proposals.
 */
export function buildBody(request: BuildRequest, options: BuildBodyOptions = {}): string {
  const sections = [
    `**${markdownText(request.effect, 1000)}**`,
    sourceText(request),
    recipeText(request),
    trialText(request, options),
    outputTable(request),
    buildTable(request, options),
    advisoryTable(request),
    provenanceText(request),
    gatesText(request),
    undoText(request),
    `Content digest: \`sha256:${plainLine(request.deltaDigest)}\``,
    marker(request),
  ];
  const text = `${sections.filter(Boolean).join('\n\n')}\n`;
  if (text.length <= maxLength) return text;
  const bare = sections.toSpliced(4, 1, outputCount(request)).toSpliced(6, 1);
  return `${bare.filter(Boolean).join('\n\n')}\n`;
}

function sourceText({ build }: BuildRequest): string {
  const { nevra, upstream, sha256 } = build.source;
  const source = `Source: ${inlineCode(nevra)} of ${inlineCode(upstream)}, \`sha256:${plainLine(sha256)}\``;
  const { origin } = build;
  if (origin === undefined) return source;
  const { url, directory, commit, signedBy } = origin;
  const folder = directory === '' ? '' : `, folder ${inlineCode(directory)}`;
  const signed =
    signedBy === undefined ? '' : `, read under a signature by ${inlineCode(signedBy)}`;
  return `${source}\n\nPacked from ${inlineCode(url)}${folder}, commit ${inlineCode(commit)}${signed}.`;
}

/** The lines stand in a block of code, where nothing of them is markup. */
function recipeText({ build }: BuildRequest): string {
  if (build.recipe.length === 0) return 'Recipe: as the spec says, nothing changed.';
  const lines = some(build.recipe, maxRows).map((l) => plainLine(l, 500).replaceAll('`', "'"));
  return `Recipe:\n\n\`\`\`diff\n${lines.join('\n')}\n\`\`\``;
}

const fits: Readonly<Record<PatchTrial['fit'], string>> = {
  fits: 'fits',
  fuzzy: 'fits, with some fuzz',
  'too-fuzzy': 'fits only with more fuzz than the spec allows',
  present: 'is in these sources already',
  fails: 'does not fit',
  unseen: 'was not applied by the spec',
};

/** How the patches of the policy fit the sources that they would be applied to. */
function trialText({ build }: BuildRequest, options: BuildBodyOptions): string {
  const { trial } = build;
  if (trial === undefined) return '';
  const rows = trial.patches.map((p) => [inlineCode(p.path), fits[p.fit]]);
  const log = trial.log === undefined ? '' : `\n\nLog of the trial: ${logOf(trial, options)}`;
  const found =
    trial.problem === undefined
      ? table([`patch`, `on ${inlineCode(build.source.nevra)}`], rows)
      : `The patches could not be tried: ${markdownText(trial.problem, 500)}`;
  return `${found}${log}`;
}

function outputTable(request: BuildRequest): string {
  const { outputs } = request.build;
  if (outputs.length === 0) return '';
  if (outputs.length > maxRows) return outputCount(request);
  const rows = outputs.map((o) => [
    inlineCode(o.nevra),
    inlineCode(o.tree),
    size(o.sizeBytes),
    inlineCode(o.sha256.slice(0, 16)),
  ]);
  return table(['built package', 'tree', 'size', 'sha256'], rows);
}

const outputCount = ({ build }: BuildRequest): string =>
  build.outputs.length === 0 ? '' : `Built packages: ${build.outputs.length}.`;

/** Its place below the state directory, where provenance lies beside it, and where the controller serves it. */
function logOf(
  { key, attempt }: { readonly key: string; readonly attempt: number },
  { siteUrl = '' }: BuildBodyOptions,
): string {
  const place = `builds/${key}/${attempt}/build.log`;
  if (!/^https?:\/\//.test(siteUrl)) return inlineCode(place);
  return `[${inlineCode(place)}](<${encodeURI(siteUrl)}/${place}>)`;
}

function buildTable({ build }: BuildRequest, options: BuildBodyOptions): string {
  if (build.builds.length === 0) return '';
  const rows = build.builds.map(({ arch, key, attempt, log, provenance }) => [
    inlineCode(arch),
    log === undefined ? '–' : logOf({ key, attempt }, options),
    log === undefined ? '–' : inlineCode(log.slice(0, 16)),
    inlineCode(provenance.slice(0, 16)),
  ]);
  return table(['built for', 'log, in the state directory', 'sha256 of it', 'provenance'], rows);
}
