import type { Api, ApiCall } from './client.ts';

const mostPages = 1000;

/**
 * Every page, one after the other: octokit's own paginate would make an empty list of a 409, and an empty list means
 * that nothing is open.
 */
export async function allPages<T>(api: Api, call: ApiCall<T[]>): Promise<readonly T[]> {
  const items: T[] = [];
  for (let page = 1; page <= mostPages; page++) {
    const answer = await api.call({ ...call, parameters: { ...call.parameters, page } });
    items.push(...(answer.data ?? []));
    if (!answer.more) break;
  }
  return items;
}
