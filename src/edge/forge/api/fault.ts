import { z } from 'zod';
import { Fault } from '../../../model/index.ts';
import type { ApiOptions } from './client.ts';

/** An answer with a status, whatever it is. */
export interface Told {
  readonly status: number;
  readonly data?: unknown;
  readonly message?: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** The part of octokit's error that is an answer of the forge. */
const AnsweredError = z.object({
  status: z.number(),
  response: z.object({
    headers: z.record(z.string(), z.unknown()),
    data: z.unknown(),
  }),
});
const Message = z.object({ message: z.string() });

/** The answer inside octokit's error; undefined when nothing came back. */
export function ratherLater(error: unknown): Told | undefined {
  const parsed = AnsweredError.safeParse(error);
  if (!parsed.success) return undefined;
  const { status, response } = parsed.data;
  const said = Message.safeParse(response.data);
  return {
    status,
    headers: response.headers,
    ...(said.success ? { message: said.data.message.slice(0, 300) } : {}),
  };
}

const nothingToDo = 'Nothing to do: the next pass asks again, and nothing is promoted until then.';

/** The forge answered with a status that is no success: `ForgeUnavailable` when waiting helps, else `ForgeRefused`. */
export function answerFault(options: ApiOptions, route: string, said: Told): Fault {
  const found = `${said.status}${said.message === undefined ? '' : ` ${said.message}`}`;
  const object = objectOf(options);
  if (isLimit(said)) {
    const after = said.headers['retry-after'];
    const when = after === undefined ? '' : `; it asks for ${String(after)} seconds`;
    return new Fault('ForgeUnavailable', {
      object,
      check: `${route} is within the rate limit`,
      found: `${found}${when}`,
      fix: nothingToDo,
    });
  }
  if (said.status >= 500 || said.status === 408 || said.status === 409 || said.status === 304) {
    const check = `${route} is answered`;
    return new Fault('ForgeUnavailable', { object, check, found, fix: nothingToDo });
  }
  const check = `${route} is allowed`;
  return new Fault('ForgeRefused', { object, check, found, fix: remedy(said.status) });
}

function isLimit({ status, headers, message }: Told): boolean {
  if (status === 429) return true;
  const said = headers['retry-after'] !== undefined || headers['x-ratelimit-remaining'] === '0';
  return status === 403 && (said || /rate limit/i.test(message ?? ''));
}

function remedy(status: number): string {
  if (status >= 300 && status < 400) {
    return 'The repository has another name or owner now: make sure that it is yours, then write its name into controller.yaml.';
  }
  if (status === 401) return 'Renew the token in the file that forge.tokenFile names.';
  if (status === 403 || status === 404) {
    return 'Check forge.repository, and that the token may write contents and pull requests of it.';
  }
  return 'Look at the pull request on the forge; it says what it does not like.';
}

/** Nothing came back at all. */
export function callFault(options: ApiOptions, route: string, error: unknown): Fault {
  if (error instanceof Fault) return error;
  return new Fault('ForgeUnavailable', {
    object: objectOf(options),
    check: `${route} is answered`,
    found: reasonOf(error),
    fix: nothingToDo,
  });
}

/** octokit's message can quote the request; only the innermost reason is shown. */
function reasonOf(error: unknown): string {
  const Nested = z.object({ cause: z.unknown() });
  let inner = error;
  for (let depth = 0; depth < 5; depth++) {
    const parsed = Nested.safeParse(inner);
    if (!parsed.success || parsed.data.cause === undefined) break;
    inner = parsed.data.cause;
  }
  return inner instanceof Error ? inner.message.slice(0, 200) : 'no answer';
}

/** The forge answered with a success that is not what its documentation promises. */
export function shapeFault(options: ApiOptions, route: string, error: z.ZodError): Fault {
  const issue = error.issues[0];
  return new Fault('ForgeUnavailable', {
    object: objectOf(options),
    check: `the answer to ${route} has its documented fields`,
    found: `${issue?.path.join('.') || 'answer'}: ${issue?.message ?? 'not understood'}`,
    fix: 'Run it again; if it stays, this version of the forge is not one that Sluice knows.',
  });
}

const objectOf = ({ apiUrl, repository }: ApiOptions): string => `${apiUrl} ${repository}`;
