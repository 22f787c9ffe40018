import { setTimeout as pause } from 'node:timers/promises';
import { Fault } from '../../model/index.ts';
import type { FetchLimits } from '../../ports.ts';
import { type Answer, answerOf, type Passing, passingOf } from './answer.ts';
import { type BodyGuard, bodyGuard } from './body-guard.ts';
import type { HttpClient } from './connections.ts';
import type { FetchSettings } from './options.ts';
import { tookTooLong } from './request.ts';
import { retryDelaySeconds } from './retry-delay.ts';
import { transportFault } from './transport-fault.ts';
import { refuseWebPage } from './web-page.ts';

/**
 * The body of one address, undecoded, chunk by chunk. Until the first chunk has been given, troubles that may pass are
 * tried again; afterwards only the reader knows what to do. Leaving the loop early closes the connection.
 */
export async function* httpBody(
  client: HttpClient,
  address: string,
  limits: FetchLimits,
): AsyncGenerator<Uint8Array> {
  const { settings } = client;
  const { signal } = limits;
  let begun = false;
  try {
    for (let attempt = 1; ; attempt += 1) {
      let trouble: Passing;
      const answer = await answerOf(client, address, signal);
      if ('response' in answer) {
        try {
          for await (const chunk of bodyOf(settings, answer, limits)) {
            begun = true;
            yield chunk;
          }
          return;
        } catch (error) {
          if (begun) throw error;
          trouble = passingOf(error);
        }
      } else {
        trouble = answer;
      }
      if (attempt >= settings.attempts) throw trouble.fault;
      const seconds = retryDelaySeconds(settings, attempt, trouble.retryAfter);
      await pause(seconds * 1000, undefined, signal === undefined ? {} : { signal });
    }
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  }
}

async function* bodyOf(
  settings: FetchSettings,
  answer: Answer,
  limits: FetchLimits,
): AsyncGenerator<Uint8Array> {
  const { response, url } = answer;
  const announced = response.headers['content-length'];
  const promise = announced === undefined ? {} : { promisedBytes: Number(announced) };
  try {
    let guard: BodyGuard | undefined;
    for await (const chunk of patiently(settings, answer, limits)) {
      if (guard === undefined) refuseWebPage(url, response.headers['content-type'], chunk);
      guard ??= bodyGuard(url.href, limits, promise);
      yield guard.take(chunk);
    }
    (guard ?? bodyGuard(url.href, limits, promise)).end();
  } catch (error) {
    throw transportFault(url, error);
  } finally {
    response.destroy();
  }
}

/** Chunks as they come; only time spent waiting for the server counts against its rate. */
async function* patiently(
  settings: FetchSettings,
  { url, response }: Answer,
  limits: FetchLimits,
): AsyncGenerator<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = response[Symbol.asyncIterator]();
  const totalSeconds = limits.deadlineSeconds ?? defaultDeadline(settings, limits);
  const endsAt = performance.now() + totalSeconds * 1000;
  const window = { bytes: 0, seconds: 0 };
  for (;;) {
    const asked = performance.now();
    const left = (endsAt - asked) / 1000;
    const late =
      left < settings.idleSeconds
        ? tookTooLong(url, 'the whole transfer', totalSeconds)
        : tookTooLong(url, 'no pause inside the transfer', settings.idleSeconds);
    const next = await before(chunks.next(), Math.min(left, settings.idleSeconds), late);
    if (next.done) return;
    window.seconds += (performance.now() - asked) / 1000;
    window.bytes += next.value.length;
    if (window.seconds >= settings.rateWindowSeconds) {
      if (window.bytes < settings.minBytesPerSecond * window.seconds) {
        throw tooSlow(url, settings.minBytesPerSecond, window.bytes / window.seconds);
      }
      window.bytes = 0;
      window.seconds = 0;
    }
    yield next.value;
  }
}

function defaultDeadline(settings: FetchSettings, { sizeBytes }: FetchLimits): number {
  return settings.totalSeconds + (sizeBytes ?? 0) / settings.minBytesPerSecond;
}

async function before<T>(work: Promise<T>, seconds: number, late: Fault): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const alarm = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late), Math.max(0, seconds) * 1000);
  });
  try {
    return await Promise.race([work, alarm]);
  } finally {
    clearTimeout(timer);
  }
}

function tooSlow(url: URL, least: number, rate: number): Fault {
  return new Fault('UpstreamUnavailable', {
    object: url.href,
    check: 'the server is fast enough: the rate of the transfer',
    expected: `at least ${least} bytes per second`,
    found: `${rate.toFixed(1)} bytes per second`,
    fix: 'Use another mirror of this upstream if this one stays slow.',
  });
}
