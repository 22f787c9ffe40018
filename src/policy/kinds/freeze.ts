import { z } from 'zod';
import type { Freeze as DesiredFreeze } from '../../model/index.ts';
import { day, glob, instant, name, sentence } from '../words.ts';
import type { PolicyDocument } from '../yaml/read-document.ts';
import { changeWindow } from './gates.ts';
import { header } from './header.ts';

/** A day begins at midnight in UTC. */
const moment = z.union([day, instant], 'expected a day or an instant, such as 2026-12-16');

export const Freeze = z
  .strictObject({
    ...header('Freeze'),
    name: name.meta({ description: 'The name of the freeze; the file has the same name.' }),
    channels: z
      .array(name)
      .default([])
      .meta({ description: 'Channels that admit nothing meanwhile; empty means all.' }),
    from: moment.optional().meta({ description: 'First day, or first instant, in UTC.' }),
    until: moment.optional().meta({
      description: 'Last day, or the instant at which it ends, in UTC; without it, on and on.',
    }),
    weekly: changeWindow.optional().meta({
      description: 'Frozen in these hours of the week only: "Sat,Sun 00:00-24:00 Europe/Zurich".',
    }),
    triggers: z.array(glob).default([]).meta({
      description: 'Frozen only while a package with such a name wants to enter.',
    }),
    reason: sentence.meta({ description: 'Why; it is shown with everything that waits.' }),
  })
  .meta({
    title: 'Freeze',
    description:
      'freezes/<name>.yaml: stops admissions, never snapshots or rollbacks; deleting the file ends it.',
  });
export type Freeze = z.output<typeof Freeze>;

const daySeconds = 86_400;

export function normaliseFreeze(freeze: Freeze, document: PolicyDocument): DesiredFreeze {
  const { from, until, weekly } = freeze;
  return {
    name: freeze.name,
    file: document.file,
    channels: freeze.channels,
    ...(from === undefined ? {} : { from: secondsOf(from) }),
    ...(until === undefined
      ? {}
      : { until: secondsOf(until) + (until.includes('T') ? 0 : daySeconds) }),
    ...(weekly === undefined ? {} : { weekly }),
    triggers: freeze.triggers,
    reason: freeze.reason,
    at: document.placeOf(['name']),
  };
}

const secondsOf = (text: string): number => Math.floor(Date.parse(text) / 1000);
