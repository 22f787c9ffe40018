import { Fault } from '../../src/model/index.ts';

/** Thrown once the process has died: nothing after it may have any effect. */
export class Died extends Error {
  override readonly name = 'Died';
}

/** How the Nth change ends: not at all, half (bytes only), or whole with nobody left to hear of it. */
export type Death = 'before' | 'torn' | 'after';

export interface Trouble {
  /** Called before every change; what it throws, the change ends with. `'half'` leaves half of the bytes first. */
  before?(operation: string, path: string, number: number): undefined | Error | 'half';
  /** Called after every change. */
  after?(operation: string, path: string, number: number): undefined | Error;
}

export function refused(errno: string, path: string): Fault {
  return new Fault(errno === 'ENOSPC' ? 'DiskFull' : 'DiskError', {
    object: path,
    check: 'an operation of the test',
    found: errno,
    fix: 'Nothing; this is a test.',
  });
}

/** The process dies at the Nth change and stays dead. */
export function deathAt(number: number, death: Death): Trouble {
  const died = (n: number) => n > number;
  return {
    before: (operation, path, n) => {
      if (died(n)) return new Died(`after death: ${operation} ${path}`);
      if (n < number || death === 'after') return undefined;
      return death === 'torn' ? 'half' : new Died(`${operation} ${path}`);
    },
    after: (operation, path, n) => (n === number ? new Died(`${operation} ${path}`) : undefined),
  };
}

/** Whatever the disk throws at the Nth change, once; later changes work. */
export function refusalAt(number: number, errno: string, operations?: readonly string[]): Trouble {
  let seen = 0;
  return {
    before: (operation, path) => {
      if (operations && !operations.includes(operation)) return undefined;
      seen += 1;
      return seen === number ? refused(errno, path) : undefined;
    },
  };
}
