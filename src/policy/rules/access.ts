import type { Access, AccessRule, Person, Place, Site } from '../../model/index.ts';
import { peopleOf, ruleFor } from '../authority/judge.ts';
import type { Entries } from '../entries.ts';
import { errorAt, type Finding, warningAt } from '../finding.ts';
import { didYouMean } from '../suggest.ts';

/** What `access.yaml` says fits together, and is there where the trust mode needs it. */
export function accessFits({ site, access, keys, declared }: Entries): readonly Finding[] {
  // A file with mistakes has its own findings; it is not missing.
  if (site === undefined || (access === undefined && declared.has('Access'))) return [];
  const keyFiles = new Set(keys.keys());
  return accessFindings({ trust: site.trust, sitePlace: site.at, access, keyFiles });
}

export function accessFindings(given: {
  readonly trust: Site['trust'];
  readonly sitePlace: Place;
  readonly access: Access | undefined;
  /** Paths of key files that are there. */
  readonly keyFiles: ReadonlySet<string>;
}): readonly Finding[] {
  const { trust, access, keyFiles } = given;
  if (access === undefined) return trust === 'open' ? [] : [accessMissing(given.sitePlace, trust)];
  return [
    ...access.people.values().flatMap((person) => keysAreThere(person, keyFiles)),
    ...oneOwnerEach(access),
    ...namesAreKnown(access),
    ...access.rules.flatMap((rule) => canBeMet(access, rule)),
    ...(trust === 'open' ? [] : somebodyOwnsIt(access, trust)),
    ...(trust === 'open' ? [] : controllerIsListed(access, keyFiles)),
  ];
}

function accessMissing(at: Place, trust: string): Finding {
  const message = `trust mode "${trust}" needs an access.yaml`;
  const fix = 'Add access.yaml with people, their keys and rules, or use trust mode open.';
  return errorAt(at, 'PolicyMissing', { message, fix });
}

function keysAreThere(person: Person, keyFiles: ReadonlySet<string>): readonly Finding[] {
  return person.openpgp
    .filter(({ key }) => !keyFiles.has(key))
    .map(({ key }) => {
      const message = `${person.name}: there is no file ${key}`;
      const fix = `Write \`gpg --armor --export FINGERPRINT\` into ${key}.`;
      return errorAt(person.at, 'PolicyReference', { message, fix });
    });
}

/** A key that two people have would make one of them say what the other signed. */
function oneOwnerEach(access: Access): readonly Finding[] {
  const owners = new Map<string, string>();
  return [...access.people.values()].flatMap((person) =>
    [...person.openpgp.map((k) => k.fingerprint), ...person.ssh.map((k) => k.key)].flatMap(
      (key) => {
        const owner = owners.get(key);
        owners.set(key, owner ?? person.name);
        if (owner === undefined) return [];
        const message = `${person.name} has a key that ${owner} has: ${key.slice(0, 60)}`;
        const fix = 'Give every person a key of their own.';
        return [errorAt(person.at, 'PolicyConflict', { message, fix })];
      },
    ),
  );
}

function namesAreKnown(access: Access): readonly Finding[] {
  const people = [...access.people.keys()];
  const everybody = [...people, ...access.teams.keys()];
  const unknown = (at: Place, name: string, known: readonly string[]): Finding => {
    const fix = `${didYouMean(name, known)}Known: ${known.join(', ')}.`;
    return errorAt(at, 'PolicyReference', { message: `there is no "${name}" here`, fix });
  };
  const both = [...access.teams.keys()].filter((team) => access.people.has(team));
  return [
    ...both.map((name) => {
      const message = `"${name}" is a person and a team`;
      return errorAt(access.at, 'PolicyConflict', { message, fix: 'Rename one of them.' });
    }),
    ...[...access.teams.values()]
      .flat()
      .filter((name) => !access.people.has(name))
      .map((name) => unknown(access.at, name, people)),
    ...access.rules.flatMap((rule) =>
      rule.from
        .filter((name) => !everybody.includes(name))
        .map((name) => unknown(rule.at, name, everybody)),
    ),
  ];
}

function canBeMet(access: Access, rule: AccessRule): readonly Finding[] {
  const people = peopleOf(access, rule.from);
  // An empty list is how a rule says nobody.
  if (rule.from.length === 0 || people.length >= rule.count) return [];
  const message = `the rule needs ${rule.count} people and names ${people.length}`;
  const fix = 'Name more people in from, or lower count.';
  return [errorAt(rule.at, 'PolicyConflict', { message, fix })];
}

/** Without an owner nobody could ever mend the rules again. */
function somebodyOwnsIt(access: Access, trust: Site['trust']): readonly Finding[] {
  const { rule } = ruleFor(access, 'change-access', ['access']);
  const signers = rule === undefined ? [] : peopleOf(access, rule.from).filter(canSpeak);
  if (rule !== undefined && signers.length >= rule.count) return [];
  const message = `nobody with a ${trust === 'forge' ? 'login' : 'key'} may change access.yaml`;
  const fix = 'Add a rule: { may: [change-access, change-trust], from: [PERSON] }.';
  return [errorAt(rule?.at ?? access.at, 'PolicyConflict', { message, fix })];

  function canSpeak(name: string): boolean {
    const person = access.people.get(name);
    if (person === undefined) return false;
    if (trust === 'forge') return Object.keys(person.logins).length > 0;
    return person.openpgp.length + person.ssh.length > 0;
  }
}

/** The public half of the site's key, where `sluice init` puts it. */
const siteKey = 'keys/site.asc';

/** The controller is a person like others; without its key, its first own commit stops everything. */
function controllerIsListed(access: Access, keyFiles: ReadonlySet<string>): readonly Finding[] {
  const listed = access.people.values().some((p) => p.openpgp.some((k) => k.key === siteKey));
  if (listed || !keyFiles.has(siteKey)) return [];
  const message = `nobody has ${siteKey}, so the controller's own commits will be refused`;
  const fix = `Add the controller to people: { name: sluice, openpgp: [{ fingerprint: …, key: ${siteKey} }] }.`;
  return [warningAt(access.at, 'PolicyReference', { message, fix })];
}
