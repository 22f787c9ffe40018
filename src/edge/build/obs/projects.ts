import { readListing, readResult } from './answers.ts';
import type { ObsClient } from './client.ts';
import type { ObsSettings } from './settings.ts';
import { pause } from './wait.ts';

/** The projects on the service that are ours: `<project>:build:…` of one build each, `<project>:root:…` shared. */
export interface OwnProjects {
  /** Nothing deletes these while the work lasts. */
  using<T>(names: readonly string[], work: () => Promise<T>): Promise<T>;
  /** One after the other. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** Deletes those that nothing uses: what an earlier process left, and roots of content that was served before. */
  sweep(signal: AbortSignal): Promise<void>;
}

export function ownProjects(client: ObsClient, settings: ObsSettings): OwnProjects {
  const users = new Map<string, number>();
  const count = (names: readonly string[], by: number): void => {
    for (const name of names) users.set(name, (users.get(name) ?? 0) + by);
  };
  let last: Promise<unknown> = Promise.resolve();
  return {
    using: async (names, work) => {
      count(names, 1);
      try {
        return await work();
      } finally {
        count(names, -1);
      }
    },
    alone: (work) => {
      const next = last.then(work, work);
      last = next.catch(() => undefined);
      return next;
    },
    sweep: async (signal) => {
      const listing = await client.text({ path: ['source'] }, signal);
      for (const { name } of readListing(listing ?? '<directory/>')) {
        const isOwn = isBelow(settings.project, name);
        if (isOwn && (users.get(name) ?? 0) === 0) await removeProject(client, name);
      }
    },
  };
}

function isBelow(project: string, name: string): boolean {
  return (
    name.startsWith(`${project}:`) &&
    /^:(?:build|root):[0-9a-f-]+$/.test(name.slice(project.length))
  );
}

const cleaningSeconds = 60;
const abortPollSeconds = 0.5;

/** Deletes a project with what was built in it. Where that fails, the next sweep finds it. */
export async function removeProject(client: ObsClient, name: string): Promise<void> {
  await quietly(client.text({ method: 'DELETE', path: ['source', name] }, soon()));
}

/** Ends what a worker is doing for the project, and waits until the worker has said so: otherwise it tries for a minute. */
export async function abortBuild(client: ObsClient, name: string): Promise<void> {
  const signal = soon();
  const path = ['build', name];
  const isUnderWay = async () => {
    const xml = await client.text({ path: [...path, '_result'], mayMiss: true }, signal);
    return xml !== undefined && readResult(xml).code === 'building';
  };
  await quietly(
    (async () => {
      if (!(await isUnderWay())) return;
      await client.text({ method: 'POST', path, query: { cmd: 'abortbuild' } }, signal);
      while (await isUnderWay()) await pause(abortPollSeconds, signal);
    })(),
  );
}

/** Also after the order itself was aborted. */
const soon = (): AbortSignal => AbortSignal.timeout(cleaningSeconds * 1000);

async function quietly(work: Promise<unknown>): Promise<void> {
  await work.catch(() => undefined);
}
