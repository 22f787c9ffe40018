import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { defaultRenderDirectory, type Rendered, render } from '../../controller/index.ts';
import { Fault, type GenerationRecord } from '../../model/index.ts';
import { isUrl, locate } from '../config.ts';
import { textOption, type Verb } from '../verb.ts';
import { openForReading } from '../wire.ts';

export const renderVerb: Verb = {
  options: [
    [
      '--record <file>',
      'a generation record: records/<channel>/<n>.json of refs/sluice/generations',
    ],
    ['--packages <url|dir>', 'where package bytes are, if not in this state directory'],
    ['--to <dir>', 'where to write'],
  ],
  examples: [
    'git show refs/sluice/generations:records/production/3.json > 3.json && sluice render --record 3.json',
    'sluice --state /tmp/empty render --record 3.json --packages /backup/packages/sha256',
  ],
  how: {
    needs: 'nothing',
    async run(call) {
      const record = readRecord(textOption(call, 'record'));
      const site = locate(call.global);
      mkdirSync(site.state, { recursive: true });
      const { installation } = await openForReading(site);
      await installation.ports.policyGit.fetch();
      const directory = resolve(
        textOption(call, 'to') ?? defaultRenderDirectory(site.state, record),
      );
      const rendered = await render(installation, {
        record,
        directory,
        packages: folder(textOption(call, 'packages')),
      });
      const differing = differingTrees(rendered);
      return {
        kind: 'Rendered',
        data: { directory, ...rendered, differing },
        text: () => renderedText(directory, rendered, differing),
        exit: differing.length === 0 ? 0 : 4,
      };
    },
  },
};

/** Only what decides where to look; the digests decide whether the rest is right. */
const RecordShape = z.looseObject({
  v: z.literal(1),
  channel: z.string().regex(/^[a-z0-9][a-z0-9._-]*$/),
  number: z.int().min(1),
  content: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  revision: z.int(),
  compression: z.enum(['gz', 'zst']),
  keys: z.array(z.string()),
});

function readRecord(file: string | undefined): GenerationRecord {
  if (file === undefined || !existsSync(file)) {
    throw new Fault('Usage', {
      object: file ?? '--record',
      check: 'no record file',
      fix: 'git show refs/sluice/generations:records/CHANNEL/N.json > record.json; sluice render --record record.json',
    });
  }
  const parsed = RecordShape.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (parsed.success) return parsed.data as unknown as GenerationRecord;
  throw new Fault('Usage', {
    object: file,
    check: 'this is no generation record',
    found: parsed.error.issues[0]?.message ?? '',
    fix: 'Take it from refs/sluice/generations of the policy repository.',
  });
}

function folder(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const place = isUrl(text) ? text : resolve(text);
  return place.endsWith('/') ? place : `${place}/`;
}

function differingTrees({ repomd, recorded }: Rendered): readonly string[] {
  if (!recorded) return [];
  const trees = new Set([...Object.keys(repomd), ...Object.keys(recorded)]);
  return [...trees].filter((tree) => repomd[tree] !== recorded[tree]);
}

function renderedText(directory: string, r: Rendered, differing: readonly string[]): string {
  const lines = Object.entries(r.repomd).map(([tree, digest]) => {
    const verdict =
      r.recorded === undefined
        ? 'not recorded'
        : differing.includes(tree)
          ? `DIFFERS from the recorded ${r.recorded[tree] ?? 'nothing'}`
          : 'identical to what was published';
    return `${tree}  repomd.xml sha256 ${digest}  ${verdict}`;
  });
  return [
    ...lines,
    `written to ${directory}${r.signed ? '' : ' (unsigned: the key is not here)'}`,
  ].join('\n');
}
