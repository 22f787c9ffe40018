import { existsSync, readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { Fault } from '../model/index.ts';
import { parseCron } from '../policy/index.ts';
import { absoluteFiles, BuildersConfig } from './builders-config.ts';
import type { GlobalOptions } from './verb.ts';

const file = z.string().min(1);

/** Where pull requests are; every secret is a file, read from the state directory when its path is relative. */
const ForgeConfig = z.strictObject({
  kind: z
    .enum(['local', 'github', 'gitea'])
    .default('local')
    .meta({ description: 'local keeps proposals as refs of the policy repository.' }),
  url: z.string().optional().meta({ description: 'The forge as in the browser.' }),
  repository: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*\/[A-Za-z0-9._-]+$/, 'expected owner/name')
    .optional()
    .meta({ description: 'owner/name of the policy repository.' }),
  tokenFile: file.optional().meta({ description: 'File with a token, mode 0600.' }),
  app: z
    .strictObject({
      appId: z.int().positive(),
      installationId: z.int().positive(),
      privateKeyFile: file,
    })
    .optional()
    .meta({ description: 'A GitHub App instead of a token.' }),
  webhookSecretFile: file
    .optional()
    .meta({ description: 'File with the secret of the webhook; without it there is none.' }),
});

const count = (preset: number, description: string) =>
  z.int().min(1).default(preset).meta({ description });

const BuildsConfig = z.strictObject({
  concurrency: count(1, 'Builds that run at the same time.'),
  minutes: count(240, 'Minutes that one build may take.'),
  memoryMiB: count(4096, 'Memory of one build, MiB.'),
  processes: count(2000, 'Processes of one build.'),
  diskMiB: count(8192, 'Room of one build, MiB; it is in memory and counts as such while used.'),
  logMiB: count(16, 'MiB of its log that are kept.'),
});

const fingerprint = z.string().regex(/^[0-9A-F]{40}$/, 'expected a full fingerprint, upper case');

/** Who signs; the controller reads `socket`, the process behind it the rest. */
const SignerConfig = z.strictObject({
  socket: file.optional().meta({
    description: 'Socket of `sluice signer`; without it the controller signs by itself.',
  }),
  keys: file.default('keys').meta({ description: 'Folder with the private keys, mode 0700.' }),
  passphraseFile: file.optional().meta({ description: 'File with their passphrase, mode 0600.' }),
  gpg: z
    .strictObject({
      home: file.meta({ description: 'Home of gpg, whose agent holds the keys.' }),
      keys: z
        .array(fingerprint)
        .min(1)
        .meta({ description: 'Which of them sign, the default first.' }),
      program: z.string().default('gpg').meta({ description: 'The program.' }),
    })
    .optional()
    .meta({ description: 'Sign with gpg, for keys on a token, instead of the keys folder.' }),
  perMinute: count(6000, 'Signatures that `sluice signer` makes in a minute at most.'),
});

/** What belongs to one installation and not to the policy: `<state>/controller.yaml`. Secrets only by file. */
export const ControllerConfig = z.strictObject({
  policy: z.string().optional().meta({ description: 'Directory or URL of the policy repository.' }),
  listen: z
    .strictObject({
      host: z.string().default('127.0.0.1').meta({ description: 'Address to serve on.' }),
      port: z.int().min(0).max(65535).default(8080).meta({ description: 'TCP port; 0 = any.' }),
      names: z.array(z.string()).default([]).meta({
        description: 'Further names by which people ask for its pages.',
      }),
    })
    .prefault({})
    .meta({ description: 'Where `sluice run` serves.' }),
  forge: ForgeConfig.prefault({}).meta({ description: 'Where pull requests are.' }),
  gc: z
    .strictObject({
      schedule: z
        .string()
        .refine((text) => parseCron(text) === undefined, 'expected five fields of cron')
        .optional()
        .meta({ description: 'When `sluice run` removes what nothing names; UTC, never without.' }),
      days: z.int().min(1).default(30).meta({ description: 'Keep what is younger.' }),
      newest: z
        .int()
        .min(1)
        .default(4)
        .meta({ description: 'Keep so many generations of each channel.' }),
    })
    .prefault({})
    .meta({ description: 'What `sluice gc` keeps, and when it runs by itself.' }),
  builders: BuildersConfig.prefault({}).meta({
    description: 'What can build besides the sandbox of this machine.',
  }),
  builds: BuildsConfig.prefault({}).meta({ description: 'What builds on this machine may take.' }),
  signer: SignerConfig.prefault({}).meta({ description: 'Who signs, and with which keys.' }),
  pollInterval: z
    .int()
    .min(1)
    .default(60)
    .meta({ description: 'Seconds between looks at the policy repository.' }),
});
export type ControllerConfig = z.output<typeof ControllerConfig>;

/** Where one installation is. */
export interface Site {
  readonly policy: string;
  readonly state: string;
  readonly config: ControllerConfig;
  /** A folder of its own for a process that only reads the state directory. */
  readonly scratch?: string;
}

/** Finds policy and state from options, environment, the current folder and `controller.yaml`, in this order. */
export function locate(global: GlobalOptions): Site {
  const here = existsSync('sluice.yaml') ? process.cwd() : undefined;
  const wantedPolicy = global.policy ?? process.env.SLUICE_POLICY ?? here;
  const state = global.state ?? process.env.SLUICE_STATE ?? stateFor(wantedPolicy);
  if (state === undefined) throw nowhere('state directory', '--state DIR (or SLUICE_STATE)');
  const directory = resolve(state);
  const config = readConfig(directory);
  const policy = wantedPolicy ?? config.policy;
  if (policy === undefined)
    throw nowhere('policy repository', '--policy DIR|URL (or SLUICE_POLICY)');
  // `user@host:path` is no folder either: it is refused by name, not looked for on this disk.
  const remote = isUrl(policy) || /^[^/]*:/.test(policy);
  return { policy: remote ? policy : resolve(policy), state: directory, config };
}

export const isUrl = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text);

/** `/var/lib/sluice/<site>` for root, `$XDG_STATE_HOME/sluice/<site>` for others. */
export function defaultState(siteName: string): string {
  if (userInfo().uid === 0) return join('/var/lib/sluice', siteName);
  const home = process.env.XDG_STATE_HOME ?? join(userInfo().homedir, '.local/state');
  return join(home, 'sluice', siteName);
}

function stateFor(policy: string | undefined): string | undefined {
  if (policy === undefined || isUrl(policy)) return undefined;
  const file = join(policy, 'sluice.yaml');
  if (!existsSync(file)) return undefined;
  const name = /^name:\s*["']?([a-z0-9][a-z0-9._-]*)/m.exec(readFileSync(file, 'utf8'))?.[1];
  return name === undefined ? undefined : defaultState(name);
}

/** `controller.yaml` of a state directory; defaults where there is none. */
export function readConfig(state: string): ControllerConfig {
  const file = join(state, 'controller.yaml');
  const raw: unknown = existsSync(file) ? parse(readFileSync(file, 'utf8')) : {};
  const result = ControllerConfig.safeParse(raw ?? {});
  if (result.success) {
    const { forge, builders, signer } = result.data;
    return {
      ...result.data,
      forge: fromState(state, forge),
      builders: absoluteFiles(state, builders),
      signer: signerFromState(state, signer),
    };
  }
  const issue = result.error.issues[0];
  throw new Fault('ConfigInvalid', {
    object: file,
    check: `key ${issue?.path.join('.') || '(root)'}`,
    found: issue?.message ?? 'not a mapping',
    fix: 'Mend the key, or remove the file to use the defaults.',
  });
}

function fromState(state: string, forge: ControllerConfig['forge']): ControllerConfig['forge'] {
  const { tokenFile, webhookSecretFile, app } = forge;
  return {
    ...forge,
    ...(tokenFile === undefined ? {} : { tokenFile: resolve(state, tokenFile) }),
    ...(webhookSecretFile === undefined
      ? {}
      : { webhookSecretFile: resolve(state, webhookSecretFile) }),
    ...(app === undefined
      ? {}
      : { app: { ...app, privateKeyFile: resolve(state, app.privateKeyFile) } }),
  };
}

function signerFromState(
  state: string,
  signer: ControllerConfig['signer'],
): ControllerConfig['signer'] {
  const { socket, keys, passphraseFile, gpg } = signer;
  return {
    ...signer,
    keys: resolve(state, keys),
    ...(socket === undefined ? {} : { socket: resolve(state, socket) }),
    ...(passphraseFile === undefined ? {} : { passphraseFile: resolve(state, passphraseFile) }),
    ...(gpg === undefined ? {} : { gpg: { ...gpg, home: resolve(state, gpg.home) } }),
  };
}

function nowhere(what: string, how: string): Fault {
  return new Fault('Usage', {
    object: what,
    check: 'no place given and none found',
    fix: `Run this inside the policy repository, or give ${how}.`,
  });
}

/** The controller's own name in commits and records. */
export function controllerIdentity(): { readonly name: string; readonly email: string } {
  return { name: 'Sluice', email: `sluice@${hostname() || 'localhost'}` };
}
