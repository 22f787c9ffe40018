import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { verbs as listed } from '../../src/cli/commands/index.ts';
import { ControllerConfig } from '../../src/cli/config.ts';
import { findingText, readPolicy } from '../../src/policy/index.ts';
import { commit } from '../policy/small-policy.ts';
import { root } from './source.ts';

const verbs = await Promise.all(
  listed.map(async ({ name, load }) => ({ name, ...(await load()) })),
);

const page = (path: string): string => readFileSync(join(root, path), 'utf8');
const inDocs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'examples/policy-repo/README.md',
  ...inDocs.map((name) => `docs/${name}`),
];

describe('what pages tell people to type', () => {
  test.each(pages)('%s: every sluice command is one that there is', (path) => {
    const wrong = shownCommands(page(path)).flatMap((words) =>
      problems(words).map((problem) => `sluice ${words.join(' ')}: ${problem}`),
    );
    expect(wrong).toEqual([]);
  });

  test('the reading of commands finds them, and finds mistakes', () => {
    const text = [
      '`sluice status` and `sluicegate`',
      '```sh',
      'A=1 ./sluice pr list --all   # open ones',
      'git -C /opt/sluice pull && sluice --state /x get packages --channel testing | head',
      'docker run -v sluice:/var sluice run',
      '```',
      '```console',
      '$ sluice why hello',
      'sluice is not typed here',
      '```',
    ].join('\n');
    expect(shownCommands(text)).toEqual([
      ['status'],
      ['pr', 'list', '--all'],
      ['--state', '/x', 'get', 'packages', '--channel', 'testing'],
      ['run'],
      ['why', 'hello'],
    ]);
    for (const bad of [
      'pr lists',
      'plan --ad HEAD',
      'promote x',
      'status now',
      'pr show --all=1',
    ]) {
      expect(problems(bad.split(' ')), bad).not.toEqual([]);
    }
  });

  test('the verbs of the README are those that there are', () => {
    const rows = page('README.md')
      .split('## Verbs')[1]
      ?.split('\n## ')[0]
      ?.matchAll(/^\| (`.*?`) \|/gm);
    const named = [...(rows ?? [])].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name),
    );
    expect(named.toSorted()).toEqual(verbs.map((v) => v.name).toSorted());
  });
});

describe('what pages show', () => {
  test.each(pages)('%s: anchors of links are headings', (path) => {
    const links = [...page(path).matchAll(/\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)/g)];
    const broken = links.filter(([, to = '', anchor = '']) => {
      const target = to === '' ? path : normalize(join(dirname(path), to));
      return !headings(page(target)).has(anchor);
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  test.each(pages.filter((path) => path !== 'docs/policy-files.md'))(
    '%s: YAML is what the programs read',
    (path) => {
      const blocks = [...page(path).matchAll(/^```yaml\n([\s\S]*?)^```/gm)];
      expect(blocks.flatMap(([, text = '']) => yamlProblems(text))).toEqual([]);
    },
  );
});

/** The arguments of every `sluice` that a page tells people to type, in code blocks and between backticks. */
function shownCommands(text: string): readonly (readonly string[])[] {
  const found: (readonly string[])[] = [];
  let block: string | undefined;
  for (const line of text.split('\n')) {
    const fence = /^```(\w*)/.exec(line)?.[1];
    if (fence !== undefined) block = block === undefined ? fence : undefined;
    else if (block === undefined) {
      const spans = [...line.matchAll(/`((?:\.\/)?sluice [^`]+)`/g)].map(([, span = '']) => span);
      found.push(...spans.flatMap(commandsIn));
    } else if (block === 'console') found.push(...commandsIn(/^\$ (.*)/.exec(line)?.[1] ?? ''));
    else if (block === 'sh' || block === 'ini') found.push(...commandsIn(line));
  }
  return found;
}

function commandsIn(line: string): readonly (readonly string[])[] {
  const typed = line.replace(/^ExecStart=/, '').replace(/(^|\s)#.*$/, '');
  return typed.split(/&&|;|\|/).flatMap((part) => {
    const all = part.match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
    const words = all.slice(all.findIndex((word) => !/^[A-Z_]+=/.test(word)));
    const [program = ''] = words;
    const at = program === 'docker' && words[1] === 'run' ? words.indexOf('sluice') : 0;
    return /(^|\/)sluice$/.test(words[at] ?? '') ? [words.slice(at + 1)] : [];
  });
}

const globalOptions = ['--policy <url|dir>', '--state <dir>', '--output <format>', '-h, --help'];

/** What commander would say to these arguments. */
function problems(words: readonly string[]): readonly string[] {
  const verb = verbs.find((v) => v.name === words.find((w, i) => isPlain(words, i) && w !== ''));
  const name = words.find((_, i) => isPlain(words, i));
  if (name === undefined) return words.includes('--help') ? [] : ['no verb'];
  if (name === '<verb>' || name === '…') return [];
  if (verb === undefined) return [`no verb ${name}`];
  const flags = [...globalOptions, ...(verb.options ?? []).map(([f]) => f)];
  const positional: string[] = [];
  const wrong: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (!word.startsWith('-')) {
      positional.push(word);
      continue;
    }
    const flag = flags.find((f) => f.split(/[ ,]+/).includes(word));
    if (flag === undefined) wrong.push(`no option ${word}`);
    else if (flag.includes('<')) i += 1;
  }
  return [...wrong, ...positionalProblems(verb, positional.slice(1))];
}

/** A word that is neither an option nor the value of a global one. */
function isPlain(words: readonly string[], index: number): boolean {
  const takesValue = ['--policy', '--state', '--output'].includes(words[index - 1] ?? '');
  return !takesValue && !(words[index] ?? '-').startsWith('-');
}

function positionalProblems(
  verb: (typeof verbs)[number],
  given: readonly string[],
): readonly string[] {
  const known = verb.arguments ?? [];
  if (given.length > known.length) return [`too many arguments: ${given.join(' ')}`];
  const [first = ''] = given;
  const choices = known[0]?.[1].split(', ') ?? [];
  const isChoice = choices.length > 1 && choices.every((c) => /^[a-z]+$/.test(c));
  return isChoice && first !== '' && !choices.includes(first) ? [`no ${verb.name} ${first}`] : [];
}

/** The anchors that forges make of headings. */
function headings(text: string): ReadonlySet<string> {
  const titles = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => title.toLowerCase());
  return new Set(titles.map((t) => t.replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')));
}

/** Where a few lines without a head belong. */
const hosts: Readonly<Record<string, string>> = {
  keys: 'kind: Upstream\nname: a\nurl: https://a.example.org/\ntree: x86_64',
  exceptions: 'kind: Upstream\nname: a\nurl: https://a.example.org/\ntree: x86_64',
  base: 'kind: Channel\nname: a\npath: a\ntrees: [x86_64]',
  gates: 'kind: Channel\nname: a\npath: a\ntrees: [x86_64]\nbase: [{ upstream: a }]',
  pin: 'kind: Channel\nname: a\npath: a\ntrees: [x86_64]\nbase: [{ upstream: a }]',
  action: 'kind: Policy\nname: a',
  build: 'kind: Policy\nname: a\naction: rebuild',
  sign: 'kind: Channel\nname: a\npath: a\ntrees: [x86_64]\nbase: [{ upstream: a }]',
};

/** One file alone may name others that a page does not show; everything else has to be right. */
function yamlProblems(text: string): readonly string[] {
  const path = /^# (\S+\.yaml)\n/.exec(text)?.[1];
  const [key = ''] = Object.keys(parse(text));
  if (path === undefined && (key === 'policy' || key === 'signer')) {
    const read = ControllerConfig.safeParse(parse(text));
    return read.success ? [] : [read.error.message];
  }
  const host = hosts[key];
  if (path === undefined && host === undefined) return [`where does ${key} belong?`];
  const kind = /^kind: (\S+)/.exec(host ?? '')?.[1] ?? '';
  const folder = kind === 'Policy' ? 'policies' : `${kind.toLowerCase()}s`;
  const file =
    path === undefined
      ? { path: `${folder}/a.yaml`, text: `apiVersion: sluice/v1\n${host}\n${text}` }
      : { path, text };
  return readPolicy([file], commit)
    .findings.filter((f) => !['PolicyMissing', 'PolicyReference'].includes(f.code))
    .map(findingText);
}
