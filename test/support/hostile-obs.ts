import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { obsBuilder } from '../../src/edge/build/obs/index.ts';
import type { ObsSettings } from '../../src/edge/build/obs/settings.ts';
import type { SnapshotId } from '../../src/model/index.ts';
import { type BuildWorld, buildWorld } from './build-world.ts';

type Answer = string | ((request: IncomingMessage, response: ServerResponse) => void);

/** A build service that is not one: it says what a test wants, and otherwise that all went well. */
export interface HostileObs extends Pick<BuildWorld, 'build'> {
  /** Part of `METHOD /path?query` → what is answered there; the first that is found counts. */
  readonly answers: Map<string, Answer>;
  /** `METHOD /path?query`, with the Authorization header where there was one. */
  readonly asked: string[];
  close(): Promise<void>;
}

const succeeded =
  '<resultlist><result state="unpublished"><status package="source" code="succeeded"/></result></resultlist>';

export async function hostileObs(more: Partial<ObsSettings> = {}): Promise<HostileObs> {
  const answers = new Map<string, Answer>();
  const asked: string[] = [];
  const http = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '');
    const { authorization } = request.headers;
    asked.push(
      `${request.method} ${path}${authorization === undefined ? '' : ` ${authorization}`}`,
    );
    request.resume();
    const called = `${request.method} ${path}`;
    const [, answer] = [...answers].find(([part]) => called.includes(part)) ?? [];
    if (typeof answer === 'function') answer(request, response);
    else response.end(answer ?? usual(path));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const settings: ObsSettings = {
    url: `http://127.0.0.1:${port}`,
    project: 'sluice',
    servedAt: 'http://127.0.0.1:1',
    projectConfig: 'Preinstall: bash\n',
    ...more,
  };
  const patience = { poll: 0.01, settle: 0.05, root: 0.3, queue: 0.3, request: 5 };
  const builder = obsBuilder({ settings, version: '0', patience });
  const world = buildWorld(builder, [{ id: 'tools', directory: '/nowhere/x86_64', keys: [] }]);
  return {
    answers,
    asked,
    build: (recipe) => world.build({ ...recipe, inputs: { root: toolsRoot, ...recipe.inputs } }),
    close: async () => {
      world.dispose();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

const content = `sha256:${'c'.repeat(64)}` as SnapshotId;
const toolsRoot = { kind: 'channels', channels: [{ name: 'tools', content }] } as const;

function usual(path: string): string {
  if (path.includes('/_result')) return succeeded;
  if (path.includes('view=names')) return '<binarylist><binary filename="bash.rpm"/></binarylist>';
  if (path.includes('view=entry')) return '<directory><entry name="_log" size="5"/></directory>';
  if (path.includes('/_log')) return 'hello';
  return path.includes('/_buildinfo') ? '<buildinfo/>' : '<binarylist/>';
}
