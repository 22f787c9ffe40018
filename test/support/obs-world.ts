import { createReadStream } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { obsBuilder } from '../../src/edge/build/obs/index.ts';
import type { ObsOptions } from '../../src/edge/build/obs/settings.ts';
import type { BuildInputs, SnapshotId } from '../../src/model/index.ts';
import type { BuildRepository } from '../../src/ports.ts';
import { type BuildWorld, buildWorld } from './build-world.ts';
import { type BuildrootRepository, buildrootRepository } from './buildroot-repository.ts';
import { debianClosure } from './debian-closure.ts';
import { type ObsServer, startObs } from './obs-server.ts';

/** A real Open Build Service, a server with the content of a channel, and builds with both. */
export interface ObsWorld extends Pick<BuildWorld, 'build'> {
  readonly obs: ObsServer;
  /** What a build needs as its root. */
  readonly root: BuildInputs['root'];
  /** States that were told. */
  readonly notes: string[];
  /** Addresses that the service asked for. */
  readonly asked: ReadonlySet<string>;
  /** Names of the projects that there are. */
  projects(): Promise<readonly string[]>;
  makeProject(name: string): Promise<void>;
  /** What workers are doing. */
  jobs(): Promise<readonly string[]>;
  close(): Promise<void>;
}

const content = `sha256:${'c'.repeat(64)}` as SnapshotId;
const hex = content.slice('sha256:'.length);

export async function obsWorld(more: Partial<ObsOptions['settings']> = {}): Promise<ObsWorld> {
  const repository = buildrootRepository('full');
  const asked = new Set<string>();
  const server = await serve(repository, asked);
  const obs = await startObs().catch(async (error: unknown) => {
    await closed(server.http);
    throw error;
  });
  const notes: string[] = [];
  const settings = {
    url: obs.url,
    project: 'sluice',
    servedAt: server.url,
    projectConfig: obsProjectConfig(),
    ...more,
  };
  const patience = { poll: 0.5, settle: 6, root: 120, queue: 300 };
  const builder = obsBuilder({
    settings,
    version: '0',
    patience,
    note: (text) => notes.push(text),
  });
  const world = buildWorld(builder, [channel(repository)]);
  return {
    obs,
    notes,
    asked,
    root: { kind: 'channels', channels: [{ name: 'tools', content }] },
    // Also setting up the root counts, on a machine that does much else.
    build: (recipe) => world.build({ limits: { seconds: 900 }, ...recipe }),
    projects: async () => {
      const listing = await (await fetch(`${obs.url}/source`)).text();
      return [...listing.matchAll(/<entry name="([^"]+)"/g)].map(([, name = '']) => name);
    },
    makeProject: async (name) => {
      const body = `<project name="${name}"><title/><description/></project>`;
      await fetch(`${obs.url}/source/${name}/_meta`, { method: 'PUT', body });
    },
    jobs: async () => {
      const status = await (await fetch(`${obs.url}/build/_workerstatus`)).text();
      return [...status.matchAll(/<building [^>]*package="([^"]+)"/g)].map(([, name = '']) => name);
    },
    close: async () => {
      world.dispose();
      await obs.stop();
      await closed(server.http);
    },
  };
}

function channel({ directory, publicKey }: BuildrootRepository): BuildRepository {
  // As a generation's tree, whose folder has the name of its architecture.
  return {
    id: 'tools',
    directory: join(dirname(directory), architectureFolder),
    keys: [publicKey],
  };
}

const architectureFolder = process.arch === 'arm64' ? 'aarch64' : 'x86_64';

/** What Sluice serves below `/snapshots/`. */
async function serve({ directory }: BuildrootRepository, asked: Set<string>) {
  const prefix = `/snapshots/${hex}/${architectureFolder}/`;
  const http = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '');
    asked.add(path.replace(basename(path), ''));
    const file = createReadStream(join(directory, path.slice(prefix.length)));
    file.on('error', () => response.writeHead(404).end());
    if (path.startsWith(prefix)) file.pipe(response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { http, url: `http://127.0.0.1:${port}` };
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** How a machine is made of these packages; a real site takes the lines that its distribution publishes. */
export function obsProjectConfig(): string {
  const first = [
    'bash',
    'coreutils',
    'dash',
    'grep',
    'gzip',
    'libpam-modules',
    'rpm',
    'sed',
    'tar',
  ];
  const preinstalled = debianClosure([...first, 'util-linux']).map((one) => one.name);
  return `Preinstall: filesystem ${preinstalled.join(' ')}
Required: rpm-build
Macros:
%_dbpath /var/lib/rpm
:Macros
`;
}
