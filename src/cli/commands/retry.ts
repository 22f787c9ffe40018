import { Fault, parseNevra, type Sha256 } from '../../model/index.ts';
import type { BuildMemory } from '../../observer/index.ts';
import { plainAnswer } from '../answer.ts';
import { operator } from '../operator.ts';
import { textArgument, type Verb } from '../verb.ts';

export const retryVerb: Verb = {
  arguments: [
    ['<build>', 'the first digits of its key, its source package, or the name of that: every one'],
  ],
  options: [
    [
      '--compare',
      'also what ended well: the results are compared, and the first ones go on to count',
    ],
  ],
  examples: ['sluice retry openssh', 'sluice retry 3fa9c1d2', 'sluice retry openssh --compare'],
  how: {
    needs: 'writing',
    async run(call, { installation }) {
      const what = textArgument(call, 0) ?? '';
      const builds = [...installation.memory().builds.values()];
      const meant = builds.filter((b) => isMeant(b, what));
      if (meant.length === 0) throw unknownBuild(what, builds);
      const outcomes = call.options.compare === true ? ['failed', 'built'] : ['failed'];
      const again = meant.filter((b) => outcomes.includes(b.records.at(-1)?.outcome ?? ''));
      for (const { key } of again) await retry(installation.note, key);
      const count = `${again.length} of ${meant.length} builds`;
      return plainAnswer(
        'Retried',
        `${count} will be tried again; run \`sluice reconcile --wait\``,
      );
    },
  },
};

type Note = (kind: 'build-retried', data: { key: Sha256; by: string }) => Promise<void>;

async function retry(note: Note, key: Sha256): Promise<void> {
  await note('build-retried', { key, by: operator() });
}

const shortestKey = 6;

function isMeant(build: BuildMemory, what: string): boolean {
  const { nevra } = build.inputs.source;
  if (what === nevra || parseNevra(nevra)?.name === what) return true;
  return what.length >= shortestKey && build.key.startsWith(what);
}

function unknownBuild(object: string, builds: readonly BuildMemory[]): Fault {
  const names = [...new Set(builds.map((b) => b.inputs.source.nevra))];
  return new Fault('NotFound', {
    object,
    check: 'no build of this name was ever begun',
    found: names.slice(0, 10).join(', ') || 'no builds at all',
    fix: 'Run `sluice get builds` for the names.',
  });
}
