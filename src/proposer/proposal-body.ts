import {
  type PackageChange,
  type ProposalRequest,
  placeText,
  type Question,
} from '../model/index.ts';
import { inlineCode, markdownText, plainLine } from './escape.ts';

export interface BodyOptions {
  /** Where the resulting channels of open proposals are served, without a trailing slash. */
  readonly proposalsUrl?: string;
}

/** Rows of a table that people still read; longer lists are counted and linked. */
export const maxRows = 200;
/** Forges refuse bodies over 65,536 characters. */
export const maxLength = 60_000;

/**
 * The text of a pull request, in the order of the questions people ask. Deterministic: the same request gives the same
 * bytes, so that an unchanged proposal is not touched.
 */
export function proposalBody(request: ProposalRequest, options: BodyOptions = {}): string {
  const sections = [
    `**${markdownText(request.effect, 1000)}**`,
    packageTable(request, options),
    advisoryTable(request),
    closureText(request),
    weightText(request),
    provenanceText(request),
    gatesText(request),
    undoText(request),
    `Delta digest: \`sha256:${plainLine(request.deltaDigest)}\``,
    marker(request),
  ];
  const text = `${sections.filter(Boolean).join('\n\n')}\n`;
  return text.length <= maxLength ? text : shortened(request, options);
}

/** The same answers without the lists that made it too long. */
function shortened(request: ProposalRequest, options: BodyOptions): string {
  const bare = { ...request, advisories: request.advisories.slice(0, 20) };
  const sections = [
    `**${markdownText(request.effect, 1000)}**`,
    counts(request, options),
    advisoryTable(bare),
    weightText(request),
    gatesText({ ...request, gates: request.gates.slice(0, 20) }),
    undoText(request),
    `Delta digest: \`sha256:${plainLine(request.deltaDigest)}\``,
    marker(request),
  ];
  return `${sections.filter(Boolean).join('\n\n')}\n`;
}

function packageTable(request: ProposalRequest, options: BodyOptions): string {
  const { changes } = request.delta;
  if (changes.length === 0) return 'No package changes.';
  if (changes.length > maxRows) return counts(request, options);
  const rows = changes.map((c) => [
    inlineCode(c.name),
    c.from === undefined ? 'new' : inlineCode(c.from),
    c.to === undefined ? 'removed' : inlineCode(c.to),
    inlineCode(c.arch),
    inlineCode(c.tree),
  ]);
  return table(['package', 'from', 'to', 'arch', 'tree'], rows);
}

function counts(request: ProposalRequest, options: BodyOptions): string {
  const by = (test: (c: PackageChange) => boolean) => request.delta.changes.filter(test).length;
  const rows = [
    ['new', `${by((c) => c.from === undefined)}`],
    ['changed', `${by((c) => c.from !== undefined && c.to !== undefined)}`],
    ['removed', `${by((c) => c.to === undefined)}`],
  ];
  const where =
    options.proposalsUrl === undefined
      ? 'The full list: `sluice pr show` and the dashboard.'
      : `The full list is served with the resulting channel: <${encodeURI(options.proposalsUrl)}/>`;
  return `${table(['packages', 'count'], rows)}\n\n${where}`;
}

export function advisoryTable({ advisories }: Question): string {
  if (advisories.length === 0) return '';
  const rows = advisories
    .slice(0, maxRows)
    .map((a) => [
      inlineCode(a.id),
      markdownText(a.severity || '–'),
      markdownText(a.type),
      a.cves.length === 0 ? '–' : some(a.cves, 10).map(inlineCode).join(' '),
      markdownText(a.issued, 40),
      markdownText(a.title, 160),
    ]);
  const left = advisories.length - rows.length;
  const head = ['advisory', 'severity', 'type', 'CVEs', 'issued', 'title'];
  return `${table(head, rows)}${left > 0 ? `\n\nand ${left} more advisories` : ''}`;
}

function closureText({ gates, closureUnknown }: ProposalRequest): string {
  if (closureUnknown) {
    return 'Dependency closure of the resulting channel: not worked out for so many questions at once; admission judges it.';
  }
  const findings = gates.filter((g) => g.code === 'ClosureBroken');
  if (findings.length === 0) return 'Dependency closure of the resulting channel: no new findings.';
  const lines = some(
    findings.map((g) => markdownText(g.text, 500)),
    50,
  ).map((l) => `- ${l}`);
  return `Dependency closure of the resulting channel:\n${lines.join('\n')}`;
}

function weightText({ advisories, delta }: ProposalRequest): string {
  const reboot = advisories.some((a) => a.rebootSuggested) ? 'A reboot is suggested. ' : '';
  return `${reboot}Download: ${size(delta.downloadBytes)}.`;
}

export function provenanceText(request: Question): string {
  const at = request.at === undefined ? '' : ` (${inlineCode(placeText(request.at))})`;
  return `Why: ${markdownText(request.why, 1000)}${at}`;
}

export function gatesText({ gates }: Question): string {
  const others = gates.filter((g) => g.code !== 'ClosureBroken');
  const closed = others.filter((g) => !g.reported);
  const told = gateLines(others.filter((g) => g.reported));
  if (told !== '' && closed.length === 0) return `To be known before the merge:\n${told}`;
  if (closed.length === 0) {
    return gates.length === 0
      ? 'Gates: all open; merging is the answer.'
      : 'Gates: all open but the dependency closure; its line above says whether that holds the update after a merge.';
  }
  const known = told === '' ? '' : `\n\nTo be known besides:\n${told}`;
  return `Gates still closed; a merge before they open waits for them:\n${gateLines(closed)}${known}`;
}

function gateLines(gates: Question['gates']): string {
  const lines = gates.map(({ code, text, until }) => {
    const when = until === undefined ? '' : ` (until ${new Date(until * 1000).toISOString()})`;
    return `- ${inlineCode(code)}: ${markdownText(text, 500)}${when}`;
  });
  return some(lines, 50).join('\n');
}

/** Finds the proposal's own commit by its trailer (a squash indents it): fits any kind of merge. */
export function undoText({ identity }: Question): string {
  const grep = `Sluice-Proposal: ${identity.replace(/[^\w./-]/g, '.')}$`;
  const find = `git log -1 --no-merges --format=%H --grep='${grep}'`;
  return `To undo it after the merge:\n\n\`\`\`sh\ngit revert --no-edit "$(${find})"\n\`\`\``;
}

export function marker({ kind, identity, deltaDigest }: Question): string {
  // "--" would end the comment; JSON can carry it escaped.
  const json = JSON.stringify({ kind, identity, delta: deltaDigest }).replaceAll('--', '-\\u002d');
  return `<!-- sluice: ${json.replaceAll('>', '\\u003e')} -->`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export function some(list: readonly string[], max: number): readonly string[] {
  return list.length <= max ? list : [...list.slice(0, max), `and ${list.length - max} more`];
}

export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${units[power]}`;
}
