import { z } from 'zod';
import type { Gates as DesiredGates, Waiver as DesiredWaiver } from '../../model/index.ts';
import { parseChangeWindow, weekdays, wholeDay, zoneProblem } from '../change-window.ts';
import { day, duration, glob, name, sentence, updateId, wholeNumber } from '../words.ts';
import type { PolicyDocument } from '../yaml/read-document.ts';

/** `Wed 08:00-16:00 Europe/Zurich` */
export const changeWindow = z.string().transform((text, ctx) => {
  const read = parseChangeWindow(text);
  if ('window' in read) return read.window;
  ctx.addIssue({ code: 'custom', message: read.problem });
  return z.NEVER;
});

const zone = z.string().superRefine((text, ctx) => {
  const message = zoneProblem(text);
  if (message !== undefined) ctx.addIssue({ code: 'custom', message });
});

const approver = z
  .string()
  .regex(
    /^(?:team:)?[A-Za-z0-9_][A-Za-z0-9_+-]*(?:\.[A-Za-z0-9_+-]+)*$/,
    "expected a person's name, or team: and the name of a team",
  );

const gate = z.enum(['soak', 'window', 'cadence', 'freeze', 'approvals']);

const Closure = z.strictObject({
  mode: z.enum(['enforce', 'report', 'off']).default('enforce').meta({
    description: 'enforce: new unresolvable dependencies block; report: they are shown; off.',
  }),
  with: z
    .array(name)
    .default([])
    .meta({ description: 'Channels that machines use together with this one.' }),
});

const Removals = z.strictObject({
  max: wholeNumber(0, 1_000_000)
    .optional()
    .meta({ description: 'At most so many names per arch may vanish in one publication.' }),
  percent: wholeNumber(0, 100)
    .optional()
    .meta({ description: 'At most this share of the names per arch may vanish at once.' }),
  allow: z
    .array(glob)
    .default([])
    .meta({ description: 'Globs on name or name.arch that may vanish all the same.' }),
});

const Cadence = z.strictObject({
  take: z.enum(weekdays).meta({
    description: 'What the followed channel had at the end of this day is taken.',
  }),
  admit: z.enum(weekdays).meta({ description: 'It enters here on this day of the week.' }),
  zone: zone.default('UTC').meta({ description: 'Whose days: an IANA time zone; UTC by default.' }),
});

const Approvals = z.strictObject({
  count: wholeNumber(1, 20).meta({ description: 'How many people have to approve a proposal.' }),
  from: z
    .array(approver)
    .min(1, 'expected at least one person or team')
    .meta({ description: 'Whose approvals count: people, or team:<name> of access.yaml.' }),
});

const Expedite = z.strictObject({
  severity: z
    .array(z.enum(['Critical', 'Important', 'Moderate', 'Low']))
    .min(1, 'expected at least one severity')
    .meta({ description: "Severities that hurry: the site's own judgement, else the vendor's." }),
  skip: z
    .array(gate)
    .min(1, 'expected at least one gate')
    .meta({ description: 'Gates that such updates need not pass; each use is reported.' }),
});

export const Gates = z.strictObject({
  soak: duration.prefault('0d').meta({
    description: 'How long an update must have been in the followed channel; 0d by default.',
  }),
  window: changeWindow.optional().meta({
    description:
      'Hours in which something may enter: weekdays, hours, time zone, as in "Wed 08:00-16:00 Europe/Zurich".',
  }),
  cadence: Cadence.optional().meta({
    description: "A weekly rhythm: production takes Tuesday's content on Wednesday.",
  }),
  approvals: Approvals.optional().meta({
    description: 'People who must have approved the proposal, as it was merged.',
  }),
  expedite: Expedite.optional().meta({ description: 'The fast lane for what is severe.' }),
  closure: Closure.prefault({}).meta({ description: 'Are all dependencies there?' }),
  removals: Removals.prefault({}).meta({ description: 'How much may vanish at once?' }),
});

export const Waivers = z.array(
  z.strictObject({
    gate: gate.meta({ description: 'The gate that is open for it.' }),
    update: updateId.optional().meta({ description: 'The update that may pass.' }),
    packages: z
      .array(glob)
      .min(1, 'expected at least one glob')
      .optional()
      .meta({ description: 'Globs on package names; everything that is judged must match.' }),
    until: day.meta({ description: 'The last day on which it counts, in UTC.' }),
    reason: sentence.meta({ description: 'Why; it is shown with every use.' }),
  }),
);

export function normaliseGates(gates: z.output<typeof Gates>): DesiredGates {
  const { max, percent, allow } = gates.removals;
  const { window, cadence, approvals, expedite } = gates;
  return {
    soakSeconds: gates.soak,
    ...(window === undefined ? {} : { window }),
    ...(cadence === undefined
      ? {}
      : {
          cadence: {
            take: wholeDay(cadence.take, cadence.zone),
            admit: wholeDay(cadence.admit, cadence.zone),
          },
        }),
    ...(approvals === undefined ? {} : { approvals }),
    ...(expedite === undefined ? {} : { expedite }),
    closure: gates.closure,
    removals: {
      ...(max === undefined ? {} : { max }),
      ...(percent === undefined ? {} : { percent }),
      allow,
    },
  };
}

export function normaliseWaivers(
  waivers: z.output<typeof Waivers>,
  document: PolicyDocument,
): readonly DesiredWaiver[] {
  return waivers.map(({ update, packages, ...rest }, i) => ({
    ...rest,
    ...(update === undefined ? {} : { update }),
    ...(packages === undefined ? {} : { packages }),
    at: document.placeOf(['waivers', i]),
  }));
}
