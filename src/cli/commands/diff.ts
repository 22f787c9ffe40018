import { closureBetween } from '../../controller/index.ts';
import { nevraText, type Sha256 } from '../../model/index.ts';
import { contentNamed, type NamedContent, packagesOf } from '../content-named.ts';
import type { Paint } from '../paint.ts';
import { textArgument, type Verb } from '../verb.ts';

export const diffVerb: Verb = {
  arguments: [
    ['<a>', 'testing, testing@41, sha256:3fa9…, or a commit'],
    ['<b>', 'the same'],
  ],
  options: [['--exit-code', 'exit 1 when they differ']],
  examples: ['sluice diff production testing', 'sluice diff testing@1 testing@2 --output json'],
  how: {
    needs: 'reading',
    async run(call, opened) {
      const a = await contentNamed(opened, textArgument(call, 0) ?? '');
      const b = await contentNamed(opened, textArgument(call, 1) ?? '');
      const closure = await closureBetween(opened.installation, a.channels, b.channels);
      const difference = { ...differenceOf(a, b), ...closureLines(closure) };
      const differs = Object.values(difference).some((list) => list.length > 0);
      return {
        kind: 'Difference',
        data: { a: a.name, b: b.name, ...difference },
        text: (paint) => differenceText(difference, paint),
        exit: differs && call.options.exitCode === true ? 1 : 0,
      };
    },
  },
};

interface Difference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly advisoriesAdded: readonly string[];
  readonly advisoriesRemoved: readonly string[];
  /** Requirements that nothing provides any more, and those that something provides again. */
  readonly closureBroken: readonly string[];
  readonly closureMended: readonly string[];
}

type Closure = Awaited<ReturnType<typeof closureBetween>>;

function closureLines({ broken, mended }: Closure) {
  const lines = (findings: Closure['broken']) =>
    [...new Set(findings.map((f) => `${f.nevra} needs ${f.requirement}`))].toSorted();
  return { closureBroken: lines(broken), closureMended: lines(mended) };
}

function differenceOf(
  a: NamedContent,
  b: NamedContent,
): Omit<Difference, 'closureBroken' | 'closureMended'> {
  const [inA, inB] = [packageNames(a), packageNames(b)];
  const [advisoriesA, advisoriesB] = [advisoryNames(a), advisoryNames(b)];
  return {
    added: onlyIn(inB, inA),
    removed: onlyIn(inA, inB),
    advisoriesAdded: onlyIn(advisoriesB, advisoriesA),
    advisoriesRemoved: onlyIn(advisoriesA, advisoriesB),
  };
}

/** Compared by digest: a re-issued package differs although its name is the same. */
function packageNames(content: NamedContent): ReadonlyMap<Sha256, string> {
  return new Map(
    packagesOf(content).map((p) => [p.sha256, `${nevraText(p)}  ${p.sha256.slice(0, 12)}`]),
  );
}

function advisoryNames(content: NamedContent): ReadonlyMap<Sha256, string> {
  const held = [...content.trees.values()].flatMap((t) => t.advisories);
  return new Map(
    held.map((h) => [h.sha256, `${h.advisory.id}  ${h.advisory.severity}  ${h.advisory.title}`]),
  );
}

function onlyIn(here: ReadonlyMap<Sha256, string>, there: ReadonlyMap<Sha256, string>) {
  return [...here]
    .filter(([digest]) => !there.has(digest))
    .map(([, text]) => text)
    .toSorted();
}

function differenceText(d: Difference, paint: Paint): string {
  const lines = [
    ...d.removed.map((t) => paint('red', `- ${t}`)),
    ...d.added.map((t) => paint('green', `+ ${t}`)),
    ...d.advisoriesRemoved.map((t) => paint('red', `- advisory ${t}`)),
    ...d.advisoriesAdded.map((t) => paint('green', `+ advisory ${t}`)),
    ...d.closureBroken.map((t) => paint('red', `! closure ${t}, which nothing provides`)),
    ...d.closureMended.map((t) => paint('green', `+ closure ${t}, which is provided again`)),
  ];
  return lines.length === 0 ? 'no difference' : lines.join('\n');
}
