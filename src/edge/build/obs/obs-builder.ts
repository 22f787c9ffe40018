import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, Fault } from '../../../model/index.ts';
import type { BuildAnswer, Builder, BuildOrder } from '../../../ports.ts';
import { editedSource } from '../edited-source.ts';
import { type LogCapture, logCapture } from '../local/log-capture.ts';
import { sourceOf } from '../local/read-source.ts';
import { type ObsClient, obsClient } from './client.ts';
import { fetchBuildroot, fetchLog, fetchPackages } from './collect.ts';
import { projectConfig } from './documents.ts';
import { type Judged, judgeEnd } from './judge-end.ts';
import { abortBuild, type OwnProjects, ownProjects, removeProject } from './projects.ts';
import { recipeLines } from './recipe-lines.ts';
import { ensureRoot, rootName } from './root-project.ts';
import { type ObsOptions, type Patience, usualPatience } from './settings.ts';
import { type Submission, submit } from './submit.ts';
import { untilEnded } from './wait.ts';

/**
 * The `Builder` port with an Open Build Service: each build is a project of its own with one package, gone when it
 * ends. Isolation, memory and disk are the affair of the service's workers; time, log and results are limited here.
 */
export function obsBuilder(options: ObsOptions): Builder {
  const patience = { ...usualPatience, ...options.patience };
  const client = obsClient(options, patience.request);
  const projects = ownProjects(client, options.settings);
  const service: Service = { client, options, patience, projects };
  return {
    build: async (order, signal) => {
      const logPath = join(order.directory, 'build.log');
      const outputDirectory = join(order.directory, 'output');
      await mkdir(outputDirectory, { recursive: true });
      const log = logCapture(logPath, order.limits.logBytes);
      try {
        return await attempt(service, { order, signal, log, logPath, outputDirectory });
      } finally {
        await log.close();
      }
    },
  };
}

interface Service {
  readonly client: ObsClient;
  readonly options: ObsOptions;
  readonly patience: Patience;
  readonly projects: OwnProjects;
}

interface Attempt {
  readonly order: BuildOrder;
  readonly signal: AbortSignal;
  readonly log: LogCapture;
  readonly logPath: string;
  readonly outputDirectory: string;
}

async function attempt(service: Service, a: Attempt): Promise<BuildAnswer> {
  const source = await sourceOf(a.order);
  if (source instanceof Fault) {
    const { code, check, found = '' } = source;
    return failed(a, { code, check, found });
  }
  const edited = editedSource(a.order, source.content);
  if (edited.kind === 'stuck') {
    const found = 'nothing tells where the patches of the policy belong';
    return failed(a, { code: 'BuildFailed', check: edited.check, found });
  }
  const { client, options, projects } = service;
  const { settings } = options;
  const spec = [...recipeLines(a.order), edited.spec].join('\n');
  // A name of its own for each attempt: the service would remember how the last one ended.
  const nonce = randomBytes(4).toString('hex');
  const project = `${settings.project}:build:${a.order.key.slice(0, 16)}-${nonce}`;
  return await projects.using([project, rootName(settings, a.order)], async () => {
    try {
      return await build(service, a, { project, source, patches: edited.patches, spec });
    } catch (error) {
      if (a.signal.aborted) await abortBuild(client, project);
      throw error;
    } finally {
      await removeProject(client, project);
    }
  });
}

type Task = Pick<Submission, 'project' | 'source' | 'patches' | 'spec'>;

async function build(service: Service, a: Attempt, task: Task): Promise<BuildAnswer> {
  const { client, options, patience, projects } = service;
  const { order, signal } = a;
  const { settings } = options;
  const root = await projects.alone(async () => {
    const ensure = { settings, patience, order, signal };
    return await ensureRoot(client, { ...ensure, isNew: () => projects.sweep(signal) });
  });
  await submit(client, { ...task, root, order }, signal);
  const note = (text: string) => {
    a.log.say(`the build service says: ${text}`);
    options.note?.(`${order.inputs.source.nevra}: ${text}`);
  };
  const { project } = task;
  const wait = { project, patience, seconds: order.limits.seconds, signal, note };
  const end = await untilEnded(client, wait);
  if (end.kind === 'late') await abortBuild(client, project);
  const from = { project, order, signal };
  await keepLog(client, from, a.log);
  const told = {
    buildroot: await fetchBuildroot(client, from),
    command: ['rpmbuild', '-ba', task.source.content.spec.name],
    isolation: isolationText(options),
  };
  const judged = judgeEnd(end, order.limits) ?? (await collected(client, from, a));
  if (judged !== undefined) return failed(a, judged, told);
  const { logPath, outputDirectory } = a;
  return { ...told, logPath, kind: 'built', outputDirectory };
}

type Told = Pick<BuildAnswer, 'buildroot' | 'command' | 'isolation'>;

/** The log says it too: whoever reads only that must not miss why. */
function failed(
  a: Attempt,
  judged: Judged,
  told: Told = { buildroot: [], command: [], isolation: [] },
): BuildAnswer {
  a.log.say(`${judged.check}: ${judged.found}`);
  return { ...told, logPath: a.logPath, kind: 'failed', ...judged };
}

/** How the build ended is known without it. */
async function keepLog(
  client: ObsClient,
  from: Parameters<typeof fetchLog>[1],
  log: LogCapture,
): Promise<void> {
  try {
    await fetchLog(client, from, log);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    log.say(`the log of the build service was not to be had: ${error.message}`);
  }
}

async function collected(
  client: ObsClient,
  from: Parameters<typeof fetchPackages>[1],
  { outputDirectory }: Attempt,
): Promise<Judged | undefined> {
  const objection = await fetchPackages(client, from, outputDirectory);
  if (objection === undefined) return undefined;
  const check = 'a build brings out packages with plain names, no more than its limits';
  return { code: 'BuildOutputRefused', check, found: objection };
}

/** What a provenance can say of it from outside. */
function isolationText({ settings }: ObsOptions): readonly string[] {
  const config = digestOf(projectConfig(settings.projectConfig));
  return [`open build service ${settings.url}`, `project configuration sha256:${config}`];
}
