import type { Channel } from '../../model/index.ts';
import type { Entries } from '../entries.ts';
import { errorAt, type Finding } from '../finding.ts';
import { didYouMean } from '../suggest.ts';
import { unknownName } from './known.ts';
import { fileIsNamed } from './names.ts';

/** Gates that could never open, or that contradict themselves. */
export function gatesFit(entries: Entries): readonly Finding[] {
  return entries.channels.flatMap((channel) => [
    ...cadenceFits(entries, channel),
    ...approversExist(entries, channel),
    ...approvalsCanOpen(entries, channel),
    ...waiversFit(entries, channel),
  ]);
}

/** A freeze stands in the file of its name, names channels that exist, and ends after it began. */
export function freezesFit(entries: Entries): readonly Finding[] {
  return entries.freezes.flatMap((freeze) => [
    ...fileIsNamed(freeze.at, freeze.name),
    ...freeze.channels.flatMap((name, i) =>
      unknownName(entries, 'Channel', {
        name,
        at: entries.placeOf(freeze.file, ['channels', i]),
      }),
    ),
    ...(freeze.from !== undefined && freeze.until !== undefined && freeze.until <= freeze.from
      ? [
          errorAt(entries.placeOf(freeze.file, ['until']), 'PolicyConflict', {
            message: 'the freeze ends before it begins',
            fix: 'Write a day after from, or delete the file.',
          }),
        ]
      : []),
  ]);
}

function cadenceFits({ placeOf }: Entries, channel: Channel): readonly Finding[] {
  const { cadence } = channel.gates;
  if (cadence === undefined) return [];
  const at = placeOf(channel.at.file, ['gates', 'cadence']);
  if (channel.follows === undefined) {
    const message = `${channel.name} has a cadence and follows no channel to take content from`;
    const fix = 'Add follows, or write a window instead.';
    return [errorAt(at, 'PolicyConflict', { message, fix })];
  }
  if (cadence.take.text !== cadence.admit.text) return [];
  const message = `take and admit are the same day, ${cadence.take.text}`;
  const fix = 'Take the content on a day before it is admitted.';
  return [errorAt(at, 'PolicyConflict', { message, fix })];
}

/** Teams are declared in access.yaml; people too, where there is one. */
function approversExist(entries: Entries, channel: Channel): readonly Finding[] {
  const { access, declared, placeOf } = entries;
  // A file with mistakes has its own findings.
  if (access === undefined && declared.has('Access')) return [];
  const teams = [...(access?.teams.keys() ?? [])];
  const everybody = [...(access?.people.keys() ?? []), ...teams];
  return (channel.gates.approvals?.from ?? []).flatMap((who, i) => {
    const team = who.startsWith('team:');
    const name = team ? who.slice('team:'.length) : who;
    const names = team ? teams : everybody;
    if (names.includes(name) || (!team && access === undefined)) return [];
    const at = placeOf(channel.at.file, ['gates', 'approvals', 'from', i]);
    const message = `there is no ${team ? 'team' : 'person'} "${name}" in access.yaml`;
    const known = names.length === 0 ? 'none' : names.toSorted().join(', ');
    const fix = `${didYouMean(name, names)}Known: ${known}.`;
    return [errorAt(at, 'PolicyReference', { message, fix })];
  });
}

function approvalsCanOpen({ access, placeOf }: Entries, channel: Channel): readonly Finding[] {
  const rule = channel.gates.approvals;
  if (rule === undefined) return [];
  const members = (who: string) =>
    access?.teams.get(who.replace(/^team:/, '')) ?? (who.startsWith('team:') ? undefined : [who]);
  const people = new Set(rule.from.flatMap((who) => members(who) ?? []));
  const unknown = rule.from.some((who) => members(who) === undefined);
  if (unknown || people.size >= rule.count) return [];
  const at = placeOf(channel.at.file, ['gates', 'approvals', 'count']);
  const message = `${rule.count} approvals are wanted of ${people.size} people`;
  const fix = 'Name more people in from, or lower count.';
  return [errorAt(at, 'PolicyConflict', { message, fix })];
}

function waiversFit({ placeOf }: Entries, channel: Channel): readonly Finding[] {
  return (channel.waivers ?? []).flatMap((waiver, i) => {
    if (waiver.update !== undefined || waiver.packages !== undefined) return [];
    const at = placeOf(channel.at.file, ['waivers', i]);
    const message = 'the waiver names neither an update nor packages';
    const fix = 'Add update: or packages:, so that it opens the gate for that only.';
    return [errorAt(at, 'PolicyInvalid', { message, fix })];
  });
}
