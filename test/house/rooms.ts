import { dirname, join, normalize } from 'node:path';

interface Room {
  /** Rooms import only from lower floors. */
  readonly floor: number;
  /**
   * pure: values in, values out. orderly: reaches the world through the ports only. free: may touch the world.
   */
  readonly manner: 'pure' | 'orderly' | 'free';
  /** Packages and Node modules of pure rooms; whatever is not here is refused. */
  readonly packages?: readonly string[];
}

/** The ladder of ARCHITECTURE.md. */
export const rooms: Readonly<Record<string, Room>> = {
  model: { floor: 0, manner: 'pure', packages: ['node:crypto'] },
  rpm: {
    floor: 1,
    manner: 'pure',
    packages: ['node:buffer', 'node:crypto', 'saxes', 'yaml'],
  },
  policy: { floor: 1, manner: 'pure', packages: ['zod', 'yaml'] },
  reporter: { floor: 1, manner: 'pure', packages: [] },
  ports: { floor: 1, manner: 'pure', packages: [] },
  planner: { floor: 2, manner: 'pure', packages: [] },
  store: { floor: 2, manner: 'orderly' },
  proposer: { floor: 2, manner: 'orderly' },
  edge: { floor: 2, manner: 'free' },
  watch: { floor: 3, manner: 'orderly' },
  observer: { floor: 3, manner: 'orderly' },
  executor: { floor: 3, manner: 'orderly' },
  controller: { floor: 4, manner: 'orderly' },
  cli: { floor: 5, manner: 'free' },
};

/** What orderly rooms may not import: the world, and the packages that reach it. */
export const worldly =
  /^(node:(fs|net|http|http2|https|tls|dgram|dns|child_process|cluster|worker_threads|sqlite|os|process|readline|tty)(\/.*)?|execa|simple-git|isomorphic-git(\/.*)?|octokit|node-cron|commander)$/;

/** `src/rpm/x.ts` → `rpm`, `src/ports.ts` → `ports`; undefined outside `src`. */
export function roomOf(path: string): string | undefined {
  const [top, second] = path.split('/');
  if (top !== 'src' || second === undefined) return undefined;
  return second.replace(/\.ts$/, '');
}

/** The file that a relative import means, from the project's folder; undefined for packages. */
export function target(importer: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? normalize(join(dirname(importer), specifier)) : undefined;
}
