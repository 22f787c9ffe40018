import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { BuildOrder } from '../../../ports.ts';
import { readListing } from './answers.ts';
import type { ObsClient } from './client.ts';
import {
  type Download,
  emptyProject,
  projectConfig,
  rootProject,
  rootRepository,
  schedulerArch,
} from './documents.ts';
import { unavailable, unsuitable } from './obs-fault.ts';
import type { ObsSettings, Patience } from './settings.ts';
import { pause } from './wait.ts';

export interface Root {
  readonly project: string;
  readonly repositories: number;
}

/** The addresses at which the order's repositories are served, by content: what is at them never changes. */
export function downloadsOf(order: BuildOrder, servedAt: string): readonly Download[] {
  const { root, source } = order.inputs;
  if (root.kind === 'host') {
    const check = 'the policy names channels as the root of the build (build.root)';
    throw unsuitable(source.nevra, check, 'host');
  }
  return root.channels.map(({ name, content }) => {
    const repository = order.repositories.find((r) => r.id === name);
    if (repository === undefined) throw new Error(`the order lacks the repository ${name}`);
    const hex = content.slice('sha256:'.length);
    const url = `${servedAt}/snapshots/${hex}/${basename(repository.directory)}/`;
    return { url, keys: repository.keys };
  });
}

/** One project for each set of repositories, shared by all builds with that root: what was fetched stays there. */
export function rootName(settings: ObsSettings, order: BuildOrder): string {
  const described = [
    downloadsOf(order, settings.servedAt),
    schedulerArch(order.inputs),
    projectConfig(settings.projectConfig),
  ];
  const digest = createHash('sha256').update(JSON.stringify(described)).digest('hex');
  return `${settings.project}:root:${digest.slice(0, 16)}`;
}

interface Ensure {
  readonly settings: ObsSettings;
  readonly patience: Patience;
  readonly order: BuildOrder;
  readonly signal: AbortSignal;
  /** Called before a project is made: content that was served before is out of use. */
  readonly isNew: () => Promise<void>;
}

/** Makes the project where it is not there, and waits until the service has read its repositories. */
export async function ensureRoot(client: ObsClient, ensure: Ensure): Promise<Root> {
  const { settings, order, signal } = ensure;
  const project = rootName(settings, order);
  const downloads = downloadsOf(order, settings.servedAt);
  const arch = schedulerArch(order.inputs);
  const meta = ['source', project, '_meta'];
  const put = (path: readonly string[], body: string) =>
    client.text({ method: 'PUT', path, body }, signal);
  const present = await client.text({ path: meta, mayMiss: true }, signal);
  // Without a download it was left half made.
  if (present === undefined || !present.includes('<download ')) {
    await ensure.isNew();
    await put(meta, emptyProject(project));
    // Before there are repositories: a scheduler remembers that it could not build without a type.
    await put(['source', project, '_config'], projectConfig(settings.projectConfig));
    await put(meta, rootProject(project, downloads, arch));
  }
  for (const index of downloads.keys()) {
    await untilRead(client, ['build', project, rootRepository(index), arch, '_repository'], ensure);
  }
  return { project, repositories: downloads.length };
}

async function untilRead(
  client: ObsClient,
  path: readonly string[],
  { settings, patience, order, signal }: Omit<Ensure, 'isNew'>,
): Promise<void> {
  const until = Date.now() + patience.root * 1000;
  for (;;) {
    const query = { view: 'names' };
    const listing = await client.text({ path, query, mayMiss: true }, signal);
    if (listing !== undefined && readListing(listing).length > 0) return;
    if (Date.now() > until) {
      const found = `nothing of ${downloadsOf(order, settings.servedAt)
        .map((d) => d.url)
        .join(', ')} after ${patience.root} seconds; its log of downloads says why`;
      throw unavailable(
        settings.url,
        'the build service reads the repositories of the root',
        found,
      );
    }
    await pause(patience.poll, signal);
  }
}
