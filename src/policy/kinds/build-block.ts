import { z } from 'zod';
import type { BuildAsk, PolicyBuild } from '../../model/index.ts';
import { duration, glob, name, sentence, sha256, size, wholeNumber, yesOrNo } from '../words.ts';
import { nevra } from './nevra.ts';

const patchPath = z
  .string()
  .regex(
    /^patches(?:\/[A-Za-z0-9][A-Za-z0-9._+-]{0,100}){1,4}$/,
    'expected the path of a file below patches/, such as patches/kernel/fix.patch',
  );

const macroName = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]{2,63}$/,
    'expected the name of a macro: letters, digits and _, at least three of them',
  );

/** One line that rpm can take; what it may refer to runs in the sandbox only. */
const macroValue = z
  .string()
  .regex(/^[\x20-\x7e]{0,500}$/, 'expected one line of up to 500 printable ASCII characters')
  .meta({ editor: { type: ['string', 'number', 'boolean'] } });

const condition = z
  .string()
  .regex(/^[A-Za-z0-9_]{1,64}$/, 'expected the name of a build condition, such as selinux');

/** What the build itself sets, so that results stay where they belong and come out the same again. */
const ownMacros: ReadonlySet<string> = new Set([
  '_topdir',
  '_builddir',
  '_buildrootdir',
  '_sourcedir',
  '_specdir',
  '_rpmdir',
  '_srcrpmdir',
  '_tmppath',
  '_buildhost',
  'buildroot',
  'use_source_date_epoch_as_buildtime',
  'clamp_mtime_to_source_date_epoch',
  'source_date_epoch_from_changelog',
  'dist',
]);

const define = macroName.refine(
  (n) => !ownMacros.has(n),
  'expected a macro that the build does not set itself; for the dist tag there is dist',
);

/** Arguments of rpmbuild that change what is built, and nothing about where and how safely. */
const argument = z
  .string()
  .regex(
    /^(?:--nocheck|--nodebuginfo|--verbose|--undefine=[A-Za-z_][A-Za-z0-9_]{2,63})$/,
    'expected --nocheck, --nodebuginfo, --verbose or --undefine=MACRO; nothing else is passed on',
  );

const Ask = z
  .strictObject({
    type: z
      .enum(['text', 'number', 'yes-no', 'choice'])
      .meta({ description: 'What an answer looks like; yes-no becomes 1 or 0.' }),
    description: sentence.meta({ description: 'The question, as people read it.' }),
    default: macroValue.optional().meta({
      description:
        'What the proposal suggests; without it, the question stays open until answered.',
    }),
    choices: z.array(macroValue).default([]).meta({ description: 'The answers of a choice.' }),
  })
  .superRefine((ask, ctx) => {
    const problem = ask.default === undefined ? undefined : answerProblem(ask, ask.default);
    if (problem !== undefined) {
      ctx.addIssue({ code: 'custom', message: problem, path: ['default'] });
    }
  });

const Source = z.strictObject({
  nevra: nevra.meta({ description: 'What people call it: name-[epoch:]version-release.src.' }),
  sha256: sha256.meta({ description: 'What it is: the digest of the file.' }),
  upstream: name.meta({ description: 'The upstream that offers it.' }),
});

const Limits = z.strictObject({
  time: duration.prefault('2h').meta({ description: 'Wall clock; 2h by default.' }),
  memory: size.prefault('4GiB').meta({ description: 'Memory; 4GiB by default.' }),
  processes: wholeNumber(1, 100_000)
    .prefault('2000')
    .meta({ description: 'Processes and threads at once; 2000 by default.' }),
  disk: size.prefault('20GiB').meta({ description: 'Files written; 20GiB by default.' }),
  log: size.prefault('64MiB').meta({ description: 'Length of the log; 64MiB by default.' }),
});

export const Build = z.strictObject({
  patches: z.array(patchPath).default([]).meta({
    description: 'Files below patches/, applied in this order after those of the spec.',
  }),
  defines: z
    .record(define, macroValue)
    .default({})
    .meta({ description: 'Macro → value, as rpmbuild --define takes them.' }),
  with: z.array(condition).default([]).meta({ description: 'Build conditions to switch on.' }),
  without: z.array(condition).default([]).meta({ description: 'Build conditions to switch off.' }),
  args: z.array(argument).default([]).meta({
    description: 'Of rpmbuild: --nocheck, --nodebuginfo, --verbose, --undefine=MACRO.',
  }),
  dist: z
    .string()
    .regex(/^\.[A-Za-z0-9._~^+]{1,40}$/, 'expected a dist tag such as .site1')
    .optional()
    .meta({ description: 'The dist tag: what makes the names of the results differ.' }),
  alsoMakes: z.array(glob).default([]).meta({
    description:
      "Globs on names that a build may make although neither the source's name nor the vendor's build has them.",
  }),
  leavesOut: z.array(glob).default([]).meta({
    description: "Globs on names that the vendor's build has and this one need not make.",
  }),
  priority: wholeNumber(0, 10_000)
    .prefault('0')
    .meta({ description: 'The highest is built first.' }),
  asks: z.record(macroName, Ask).default({}).meta({
    description: 'Special-case questions: macro → its type, description and suggested answer.',
  }),
  params: z.record(macroName, macroValue).default({}).meta({
    description: 'The answers to asks; written by the proposal that asks for them.',
  }),
  builder: z
    .enum(['local', 'mock', 'obs'])
    .prefault('local')
    .meta({ description: 'Who builds: local (this machine, isolated), mock or obs.' }),
  root: z
    .union([z.literal('host'), z.array(name).min(1, 'expected at least one channel')])
    .optional()
    .meta({
      description:
        'Where compilers and libraries come from: a list of channels, or host for this machine; by default the channels that the update goes to first.',
    }),
  arches: z.array(name).default([]).meta({
    description: 'Architectures that all have to succeed; by default those of the channels.',
  }),
  limits: Limits.prefault({}).meta({ description: 'What a build may use at most.' }),
  from: name.optional().meta({
    description: "With replace: the upstream that brings the site's own source package.",
  }),
  source: Source.optional().meta({
    description: 'With replace: exactly this source package, with the patches above.',
  }),
});
export type Build = z.output<typeof Build>;

/** What a question dislikes about an answer; undefined when it is one. */
export function answerProblem(ask: Pick<BuildAsk, 'type' | 'choices'>, text: string) {
  if (ask.type === 'number') return /^\d{1,12}$/.test(text) ? undefined : 'expected a number';
  if (ask.type === 'yes-no') return yesOrNo.safeParse(text).success ? undefined : trueOrFalse;
  if (ask.type !== 'choice' || ask.choices.includes(text)) return undefined;
  return `expected one of the choices: ${ask.choices.join(', ') || 'there are none'}`;
}

const trueOrFalse = 'expected true or false';

function normaliseAsk({ default: suggested, ...ask }: z.output<typeof Ask>): BuildAsk {
  return { ...ask, ...(suggested === undefined ? {} : { default: suggested }) };
}

export function normaliseBuild(build: Build): PolicyBuild {
  const { dist, root, from, source, limits, asks, ...rest } = build;
  return {
    ...rest,
    asks: Object.fromEntries(
      Object.entries(asks).map(([ask, value]) => [ask, normaliseAsk(value)]),
    ),
    limits: {
      seconds: limits.time,
      memoryBytes: limits.memory,
      processes: limits.processes,
      diskBytes: limits.disk,
      logBytes: limits.log,
    },
    ...(dist === undefined ? {} : { dist }),
    ...(root === undefined ? {} : { root }),
    ...(from === undefined ? {} : { from }),
    ...(source === undefined ? {} : { source }),
  };
}
