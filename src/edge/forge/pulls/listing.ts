import type { PullRequest, PullRequests } from './pull-request.ts';

export interface Listing {
  all(): Promise<readonly PullRequest[]>;
  /** What the forge answered to a write is known at once, however old its lists are. */
  learn(pull: PullRequest): void;
}

/** After so many short looks everything is read again. */
const looksBetweenFullOnes = 50;
const mostPages = 1000;

/**
 * All pull requests: read once whole, then only what was touched since, with one conditional request while nothing
 * was. A list that is older than what is known already does not take anything back.
 */
export function listing(pulls: Pick<PullRequests, 'page'>): Listing {
  let known = new Map<number, PullRequest>();
  /** Learned while the pages came in. */
  let learned: PullRequest[] = [];
  let etag: string | undefined;
  let looks = 0;
  let last: Promise<unknown> = Promise.resolve();
  const look = async () => {
    learned = [];
    const full = looks++ % looksBetweenFullOnes === 0;
    const next = new Map(known);
    try {
      if (full) await readAll(pulls, next);
      else etag = await readChanged(pulls, next, etag);
    } catch (error) {
      looks = 0;
      throw error;
    }
    for (const pull of learned) keep(next, pull);
    known = next;
    return [...known.values()].toSorted((a, b) => a.number - b.number);
  };
  return {
    all: () => {
      const mine = last.then(look);
      last = mine.catch(() => {});
      return mine;
    },
    learn: (pull) => {
      learned.push(pull);
      keep(known, pull);
    },
  };
}

async function readAll(
  pulls: Pick<PullRequests, 'page'>,
  into: Map<number, PullRequest>,
): Promise<void> {
  for (let page = 1; page <= mostPages; page++) {
    const answer = await pulls.page({ order: 'oldest', page });
    if (answer === 'same') return;
    for (const item of answer.items) keep(into, item);
    if (!answer.more) return;
  }
}

async function readChanged(
  pulls: Pick<PullRequests, 'page'>,
  into: Map<number, PullRequest>,
  etag: string | undefined,
): Promise<string | undefined> {
  const order = 'changed' as const;
  const first = await pulls.page({ order, page: 1, ...(etag === undefined ? {} : { etag }) });
  if (first === 'same') return etag;
  let answer = first;
  for (let page = 2; ; page++) {
    const fresh = answer.items.filter((item) => keep(into, item));
    if (!answer.more || fresh.length === 0 || page > mostPages) return first.etag;
    const following = await pulls.page({ order, page });
    if (following === 'same') return first.etag;
    answer = following;
  }
}

/** Whether it told anything new. */
function keep(into: Map<number, PullRequest>, pull: PullRequest): boolean {
  const before = into.get(pull.number);
  if (before !== undefined && before.updatedAt > pull.updatedAt) return false;
  into.set(pull.number, pull);
  return JSON.stringify(before) !== JSON.stringify(pull);
}
