import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { breaches, contractOf, type Matched, matchOperation } from './contract.ts';
import type { Dialect, Said } from './dialect.ts';
import { serveGit } from './git-backend.ts';
import type { LoopbackApp } from './loopback-app.ts';
import { PullStore } from './pull-store.ts';

/** One thing that goes wrong, once. */
export interface Trouble {
  /** `pulls/create`, `pulls/list` … */
  readonly operation: string;
  readonly status: number;
  /** What was asked is done before it fails. */
  readonly after?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly message?: string;
  /** Instead of an error: this text as a success. */
  readonly text?: string;
}

export interface LoopbackOptions {
  readonly dialect: Dialect;
  /** Folder of bare repositories; `<root>/<owner>/<name>.git`. */
  readonly root: string;
  readonly repository: string;
  /** Token → login. */
  readonly users: Readonly<Record<string, string>>;
  readonly now: () => number;
  /** An App that is installed for the repository. */
  readonly app?: LoopbackApp;
}

/** A forge on this machine for tests: real repositories over HTTP, pull requests in memory, one of two dialects. */
export class LoopbackForge {
  readonly store: PullStore;
  readonly requests: string[] = [];
  /** Requests or answers that break the forge's description. */
  readonly breaches: string[] = [];
  readonly troubles: Trouble[] = [];
  /** Lists stay as they are now. */
  #frozen: typeof this.store.pulls | undefined;
  readonly #options: LoopbackOptions;
  readonly #contract: ReturnType<typeof contractOf>;
  readonly #server: Server;

  constructor(options: LoopbackOptions) {
    this.#options = options;
    this.#contract = contractOf(options.dialect.name);
    const repository = `${options.root}/${options.repository}.git`;
    const { noticesMerges } = options.dialect;
    this.store = new PullStore({ repository, now: options.now, noticesMerges });
    this.#server = createServer((req, res) => {
      this.#respond(req, res).catch((error) => {
        this.breaches.push(String(error));
        res.destroy();
      });
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get cloneUrl(): string {
    return `${this.origin}/${this.#options.repository}.git`;
  }

  /** From now on lists say what they say now. */
  freezeLists(): void {
    this.store.notice();
    this.#frozen = this.store.pulls.map((p) => ({ ...p, reviews: [...p.reviews] }));
  }

  thawLists(): void {
    this.#frozen = undefined;
  }

  async #respond(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', this.origin);
    const { dialect, root, repository } = this.#options;
    const claim = /^bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(req.headers.authorization ?? '')?.[1];
    const user = this.#userOf(req.headers.authorization);
    if (url.pathname.startsWith(`/${repository}.git/`)) {
      if (user !== undefined) return serveGit(root, url.pathname, { req, res });
      res.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    if (claim !== undefined) return this.#claimed(res, url, claim);
    if (user === undefined)
      return this.#send(res, { status: 401, body: { message: 'Bad credentials' } });
    const path = url.pathname.slice(dialect.root.length);
    const method = req.method ?? 'GET';
    const matched = matchOperation(this.#contract, repository, { method, path });
    if (!url.pathname.startsWith(`${dialect.root}/`) || matched === undefined) {
      this.breaches.push(`${method} ${url.pathname}: the forge has no such route`);
      return this.#send(res, { status: 404, body: { message: 'Not Found' } });
    }
    const query = Object.fromEntries(url.searchParams);
    this.requests.push(
      `${matched.name}${matched.number === undefined ? '' : ` ${matched.number}`}`,
    );
    this.#operate({ matched, user, query, text, req, res, url });
  }

  /** A claim opens one door: to a token for the installation. */
  #claimed(res: ServerResponse, url: URL, claim: string): void {
    const { app, dialect, repository } = this.#options;
    const path = url.pathname.slice(dialect.root.length);
    const matched = matchOperation(this.#contract, repository, { method: 'POST', path });
    const name = 'apps/create-installation-access-token';
    this.requests.push(name);
    const at = this.troubles.findIndex((t) => t.operation === name);
    const trouble = at === -1 ? undefined : this.troubles.splice(at, 1)[0];
    const problem = app === undefined ? 'no App' : app.problemOf(claim);
    const said: Said =
      trouble !== undefined
        ? { status: trouble.status, body: { message: trouble.message ?? 'trouble' } }
        : problem !== undefined
          ? { status: 401, body: { message: problem } }
          : matched?.name === name && app?.isInstallation(matched.number)
            ? { status: 201, body: app.issue() }
            : { status: 404, body: { message: 'Not Found' } };
    const schema = matched?.operation.responses[String(said.status)];
    if (trouble === undefined) {
      this.#note(name, String(said.status), breaches(this.#contract, said.body, schema));
    }
    this.#send(res, said);
  }

  #operate(call: {
    readonly matched: Matched;
    readonly user: string;
    readonly query: Record<string, string>;
    readonly text: string;
    readonly req: IncomingMessage;
    readonly res: ServerResponse;
    readonly url: URL;
  }): void {
    const { matched, user, query, text, req, res } = call;
    const { operation, name } = matched;
    const body = text === '' ? undefined : JSON.parse(text);
    this.#note(
      name,
      'query',
      breaches(this.#contract, query, operation.query ?? { type: 'object' }),
    );
    this.#note(name, 'body', breaches(this.#contract, body, operation.body));
    const at = this.troubles.findIndex((t) => t.operation === name);
    const trouble = at === -1 ? undefined : this.troubles.splice(at, 1)[0];
    if (trouble === undefined || trouble.after === true) this.store.notice();
    const { dialect, repository } = this.#options;
    const asked = {
      ...{ store: this.#storeFor(name), repository, origin: this.origin },
      ...{ user, query, body: body ?? {}, number: matched.number, segment: matched.segment },
    };
    const act = dialect.operations[name];
    const said = trouble !== undefined && trouble.after !== true ? undefined : act?.(asked);
    if (trouble !== undefined) {
      res.writeHead(trouble.status, { 'content-type': 'application/json', ...trouble.headers });
      res.end(trouble.text ?? JSON.stringify({ message: trouble.message ?? 'trouble' }));
      return;
    }
    if (said === undefined) throw new Error(`${name} is described and not done`);
    this.#sendPage(call, said, String(req.headers['if-none-match'] ?? ''));
  }

  /** A frozen list is read from a copy of the store as it was. */
  #storeFor(name: string): PullStore {
    if (this.#frozen === undefined || name !== 'pulls/list') return this.store;
    return Object.create(this.store, { pulls: { value: this.#frozen } }) as PullStore;
  }

  #sendPage(
    call: {
      readonly matched: Matched;
      readonly query: Record<string, string>;
      readonly res: ServerResponse;
      readonly url: URL;
    },
    said: Said,
    known: string,
  ): void {
    const { matched, query, res, url } = call;
    const { dialect } = this.#options;
    const size = dialect.pageSize(query);
    const page = Number(query.page ?? 1);
    const body = said.list ? said.list.slice((page - 1) * size, page * size) : said.body;
    const schema = matched.operation.responses[String(said.status)];
    this.#note(matched.name, String(said.status), breaches(this.#contract, body, schema));
    const headers: Record<string, string> = {};
    if (said.list && said.list.length > page * size) {
      const next = new URL(url);
      next.searchParams.set('page', String(page + 1));
      headers.link = `<${next.href}>; rel="next"`;
    }
    const text = JSON.stringify(body);
    const etag = `W/"${createHash('sha256')
      .update(text ?? '')
      .digest('hex')}"`;
    if (dialect.etags && said.list) headers.etag = etag;
    if (dialect.etags && known === etag) {
      res.writeHead(304, headers).end();
      return;
    }
    this.#send(res, { status: said.status, body }, headers);
  }

  #send(res: ServerResponse, said: Said, headers: Readonly<Record<string, string>> = {}): void {
    res.writeHead(said.status, { 'content-type': 'application/json; charset=utf-8', ...headers });
    res.end(said.body === undefined ? undefined : JSON.stringify(said.body));
  }

  #note(name: string, what: string, found: readonly string[]): void {
    this.breaches.push(...found.map((each) => `${name} ${what}: ${each}`));
  }

  /** A token in the forge's own form, or as the password of git. */
  #userOf(authorization = ''): string | undefined {
    const [scheme, value = ''] = authorization.split(' ');
    if (/^(token|bearer)$/i.test(scheme ?? '')) return this.#loginOf(value);
    if (!/^basic$/i.test(scheme ?? '')) return undefined;
    const password = Buffer.from(value, 'base64').toString('utf8').split(':')[1] ?? '';
    return this.#loginOf(password);
  }

  #loginOf(token: string): string | undefined {
    const { app, users } = this.#options;
    return users[token] ?? (app?.counts(token) ? app.login : undefined);
  }
}
