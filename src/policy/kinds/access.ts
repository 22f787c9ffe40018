import { z } from 'zod';
import { type Access as DesiredAccess, verbs } from '../../model/index.ts';
import {
  day,
  fingerprint,
  keyPath,
  name,
  objectGlob,
  sentence,
  sshKey,
  wholeNumber,
} from '../words.ts';
import type { PolicyDocument } from '../yaml/read-document.ts';
import { header } from './header.ts';

const Openpgp = z.strictObject({
  fingerprint: fingerprint.meta({ description: 'Full fingerprint of the primary key.' }),
  key: keyPath.meta({ description: 'The file in this repository that holds the public key.' }),
});

const Ssh = z.strictObject({
  key: sshKey.meta({ description: 'The public key: its type and base64, as in id_ed25519.pub.' }),
  until: day.optional().meta({ description: 'The last day on which it counts, in UTC.' }),
});

const Person = z.strictObject({
  name: name.meta({ description: 'What rules and messages call this person or program.' }),
  logins: z
    .record(name, sentence)
    .default({})
    .meta({ description: 'Forge → login there, such as { github: alice-example }.' }),
  openpgp: z.array(Openpgp).default([]).meta({ description: 'OpenPGP keys of this person.' }),
  ssh: z.array(Ssh).default([]).meta({ description: 'SSH keys of this person.' }),
});

const Rule = z.strictObject({
  may: z
    .array(z.enum(verbs))
    .min(1, 'expected at least one verb')
    .meta({ description: `What is decided: ${verbs.join(', ')}.` }),
  on: z
    .array(objectGlob)
    .min(1, 'expected at least one object')
    .default(['*'])
    .meta({ description: 'Globs on what it is decided about; everything by default.' }),
  from: z
    .array(name)
    .meta({ description: 'People and teams that may; an empty list means nobody.' }),
  count: wholeNumber(1, 20)
    .prefault('1')
    .meta({ description: 'So many different people are needed.' }),
});

export const Access = z
  .strictObject({
    ...header('Access'),
    people: z
      .array(Person)
      .min(1, 'expected at least one person')
      .refine(
        (people) => new Set(people.map((p) => p.name)).size === people.length,
        'expected every name once',
      )
      .meta({ description: 'Everybody who decides anything, the controller among them.' }),
    teams: z
      .record(name, z.array(name))
      .default({})
      .meta({ description: 'Team → the people in it.' }),
    rules: z
      .array(Rule)
      .meta({ description: 'Who may decide what; the first rule that matches counts.' }),
  })
  .meta({ title: 'Access', description: 'access.yaml: people, teams and who may do what.' });
export type Access = z.output<typeof Access>;

export function normaliseAccess(access: Access, document: PolicyDocument): DesiredAccess {
  const people = access.people.map((person, i) => ({
    name: person.name,
    logins: person.logins,
    openpgp: person.openpgp,
    ssh: person.ssh.map(({ key, until }) => ({ key, ...(until === undefined ? {} : { until }) })),
    at: document.placeOf(['people', i]),
  }));
  return {
    people: new Map(people.map((p) => [p.name, p])),
    teams: new Map(Object.entries(access.teams)),
    rules: access.rules.map((rule, i) => ({ ...rule, at: document.placeOf(['rules', i]) })),
    at: document.placeOf(['people']),
  };
}
