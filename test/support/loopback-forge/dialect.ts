import type { PullStore } from './pull-store.ts';

export interface Asked {
  readonly store: PullStore;
  /** `owner/name` and where the server is. */
  readonly repository: string;
  readonly origin: string;
  /** Login of the token's user. */
  readonly user: string;
  readonly number: number | undefined;
  /** What stands in the route's first variable part: a number or a commit. */
  readonly segment?: string | undefined;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Said {
  readonly status: number;
  readonly body?: unknown;
  /** The whole list of which one page is wanted. */
  readonly list?: readonly unknown[];
}

/** One forge's way to talk: its operations, and how its pages are asked for. */
export interface Dialect {
  readonly name: 'github' | 'gitea';
  readonly root: string;
  readonly noticesMerges: boolean;
  readonly etags: boolean;
  readonly pageSize: (query: Readonly<Record<string, string>>) => number;
  readonly operations: Readonly<Record<string, (asked: Asked) => Said>>;
}
