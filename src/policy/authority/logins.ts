import type { Access } from '../../model/index.ts';

/** The one person with this login; a login that two people have is nobody's. */
export function personWithLogin(
  access: Access | undefined,
  forge: string,
  login: string,
): string | undefined {
  const people = [...(access?.people.values() ?? [])].filter((person) => {
    const own = Object.entries(person.logins).find(([name]) => name === forge)?.[1];
    return own !== undefined && sameLogin(own, login);
  });
  return people.length === 1 ? people[0]?.name : undefined;
}

/** Forges do not tell logins apart by case. */
export const sameLogin = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
