import { execFileSync, spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';

const identity = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Loopback Forge',
  GIT_AUTHOR_EMAIL: 'noreply@forge.example',
  GIT_COMMITTER_NAME: 'Loopback Forge',
  GIT_COMMITTER_EMAIL: 'noreply@forge.example',
};

/** Plain git in a bare repository; what it printed, or undefined when it failed. */
export function bareGit(directory: string) {
  const env = { PATH: process.env.PATH ?? '', HOME: directory, ...identity };
  return (...args: readonly string[]): string | undefined => {
    try {
      const all = [`--git-dir=${directory}`, ...args];
      return execFileSync('git', all, { env, encoding: 'utf8', stdio: 'pipe' }).trim();
    } catch {
      return undefined;
    }
  };
}

/** Hands one request of a git client to `git http-backend`, as a web server does (RFC 3875). */
export async function serveGit(
  root: string,
  pathInfo: string,
  { req, res }: { readonly req: IncomingMessage; readonly res: ServerResponse },
): Promise<void> {
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env.PATH ?? '',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: pathInfo,
      QUERY_STRING: (req.url ?? '').split('?')[1] ?? '',
      REQUEST_METHOD: req.method ?? 'GET',
      CONTENT_TYPE: req.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: String(req.headers['content-encoding'] ?? ''),
      GIT_PROTOCOL: String(req.headers['git-protocol'] ?? ''),
      REMOTE_USER: 'git',
      REMOTE_ADDR: '127.0.0.1',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  req.pipe(child.stdin).on('error', () => {});
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk);
  const out = Buffer.concat(chunks);
  const end = out.indexOf('\r\n\r\n');
  const lines = out.toString('latin1', 0, end).split('\r\n');
  const headers = lines.map(
    (line) => [line.split(': ')[0] ?? '', line.split(': ')[1] ?? ''] as const,
  );
  const status = headers.find(([name]) => name === 'Status')?.[1] ?? '200';
  res.writeHead(
    Number.parseInt(status, 10),
    Object.fromEntries(headers.filter(([name]) => name !== 'Status')),
  );
  res.end(out.subarray(end + 4));
}
