import { join } from 'node:path';
import {
  buildLog,
  collectGarbage,
  exitOf,
  type HookReceiver,
  type PassReport,
  readerLeases,
  readPolicyAt,
  reconcile,
  route,
  routeHook,
  status,
} from '../../controller/index.ts';
import { dashboardPage } from '../../reporter/index.ts';
import { plainAnswer } from '../answer.ts';
import { coalesced } from '../coalesced.ts';
import { answerControl, buildsPath, controlSocket } from '../control.ts';
import { hookReceiverOf } from '../hook-receiver.ts';
import { untilInterrupted } from '../interrupted.ts';
import { metricsText } from '../metrics.ts';
import { withBuilds } from '../own-queue.ts';
import { sequence } from '../sequence.ts';
import type { ListedVerb, Opened, Verb } from '../verb.ts';
import { type Listening, listen, schedule } from '../wire.ts';

/** `verbs` is passed in because the control socket answers with them and this verb is one of them. */
export function runVerb(verbs: () => readonly ListedVerb[]): Verb {
  return {
    options: [['--listen <host:port>', 'where to serve, instead of controller.yaml']],
    examples: ['sluice run', 'sluice run --listen 0.0.0.0:8080'],
    how: {
      needs: 'writing',
      alone: true,
      async run(call, opened) {
        await control(opened, verbs, call.options.listen);
        return plainAnswer('Stopped', 'stopped');
      },
    },
  };
}

async function control(
  plain: Opened,
  verbs: () => readonly ListedVerb[],
  where: unknown,
): Promise<void> {
  const interrupted = untilInterrupted();
  // All at once: what is asked for tomorrow is of this version too, whatever lies in its folder by then.
  for (const verb of verbs()) await verb.load();
  const oneAtATime = sequence();
  const opened = withBuilds(plain, { exclusive: oneAtATime, ended: () => void wake() });
  const { installation, site, builds } = opened;
  const state: { reports: readonly PassReport[]; passes: number } = { reports: [], passes: 0 };
  const wake = () =>
    oneAtATime(async () => {
      state.reports = await reconcile(installation, { syncAll: false });
      state.passes += state.reports.length;
    }).catch((error) => {
      installation.ports.log.emit({ kind: 'warning', text: String(error) });
    });
  const receiver = hookReceiverOf(site.config.forge, coalesced(wake, 1000));
  const servers = [
    await serveSite(opened, { state, receiver }, where),
    await serveControl(opened, async (body) => {
      const text = await answerControl(verbs(), { ...opened, turn: oneAtATime }, body);
      // What the verb decided (a merge, a switch) is applied now, not at the next poll.
      void wake();
      return text;
    }),
  ];
  installation.ports.log.emit({ kind: 'note', text: `serving ${servers[0]?.address ?? ''}/` });
  await Promise.race([wake(), interrupted]);
  const timer = setInterval(wake, site.config.pollInterval * 1000);
  const expressions = await cronExpressions(opened);
  const schedules = await Promise.all(expressions.map((e) => schedule(e, wake)));
  const { schedule: gcSchedule } = site.config.gc;
  if (gcSchedule !== undefined) {
    const collect = () => oneAtATime(() => scheduledGarbage(opened));
    schedules.push(await schedule(gcSchedule, collect));
  }
  await interrupted;
  clearInterval(timer);
  for (const s of schedules) await s.stop();
  await builds.stop();
  await oneAtATime(async () => {});
  for (const server of servers) await server.close();
}

async function scheduledGarbage({ installation, site }: Opened): Promise<void> {
  const { log } = installation.ports;
  const { days, newest } = site.config.gc;
  try {
    const rules = { retentionSeconds: days * 86_400, newest };
    const { removed } = await collectGarbage(installation, rules);
    log.emit({ kind: 'note', text: `gc: ${removed.freedBytes} bytes are free again` });
  } catch (error) {
    log.emit({ kind: 'warning', text: `gc: ${error}` });
  }
}

async function cronExpressions({ installation }: Opened): Promise<readonly string[]> {
  const commit = installation.memory().desiredCommit;
  const desired = commit && (await readPolicyAt(installation.ports, commit)).desired;
  const all = [...(desired?.upstreams.values() ?? [])].map((u) => u.schedule);
  return [...new Set(all.filter((s) => s !== undefined))];
}

/** Of the machine that `site.url` names; empty where no policy was read yet. */
async function siteName({ ports, memory }: Opened['installation']): Promise<string> {
  const commit = memory().desiredCommit;
  const desired = commit && (await readPolicyAt(ports, commit)).desired;
  return desired && URL.canParse(desired.site.url) ? new URL(desired.site.url).hostname : '';
}

interface Serving {
  readonly state: { readonly reports: readonly PassReport[]; readonly passes: number };
  readonly receiver: HookReceiver | undefined;
}

function serveSite(
  { installation, site }: Opened,
  { state, receiver }: Serving,
  where: unknown,
): Promise<Listening> {
  const [host, port] = typeof where === 'string' ? hostAndPort(where) : [];
  const view = {
    names: async () => [...site.config.listen.names, await siteName(installation)],
    ready: () => state.reports.length > 0 && exitOf(state.reports) !== 7,
    statusPage: async () => dashboardPage(await status(installation)),
    statusJson: async () => JSON.stringify(await status(installation)),
    metrics: () => metricsText(installation.memory(), state.passes),
    buildLog: (key: string, attempt: number) => buildLog(installation.store, key, attempt),
  };
  const lease = readerLeases(installation);
  return listen({
    host: host ?? site.config.listen.host,
    port: port ?? site.config.listen.port,
    publicDirectory: join(site.state, 'public'),
    inside: site.state,
    answer: async (method, path, { host: asked }) => {
      await lease(path);
      return route(view, { method, path, host: asked });
    },
    ...(receiver === undefined ? {} : { hook: (request) => routeHook(receiver, request) }),
  });
}

async function serveControl(
  { installation, site }: Opened,
  answer: (body: string) => Promise<string>,
): Promise<Listening> {
  const socket = controlSocket(site.state);
  // Left by a controller that was killed; the lock says that no other one runs.
  await installation.ports.disk.remove(socket);
  return listen({
    socket,
    publicDirectory: site.state,
    inside: '/nonexistent',
    answer: async (_method, path, { body }) => {
      const isAsking = path === buildsPath;
      const text = isAsking ? JSON.stringify(installation.builds?.progress()) : await answer(body);
      return { kind: 'text', status: 200, type: 'application/json', body: text };
    },
  });
}

function hostAndPort(text: string): [string, number] {
  const at = text.lastIndexOf(':');
  return [text.slice(0, at).replace(/^\[|\]$/g, ''), Number(text.slice(at + 1))];
}
