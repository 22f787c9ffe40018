import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { type CommitId, Fault, placeText } from '../../model/index.ts';
import { initialFiles, readPolicy } from '../../policy/index.ts';
import type { Signer } from '../../ports.ts';
import type { Answer } from '../answer.ts';
import {
  ControllerConfig,
  controllerIdentity,
  defaultState,
  isUrl,
  readConfig,
} from '../config.ts';
import { type Call, listOption, textArgument, textOption, type Verb } from '../verb.ts';
import { adoptPolicyRepository, createSiteKey, initPolicyRepository, realPorts } from '../wire.ts';

export const initVerb: Verb = {
  arguments: [['<dir>', 'folder to make; its name is the name of the site']],
  options: [
    ['--upstream <url|dir...>', 'a yum repository to mirror, NAME=URL or a URL or folder'],
    ['--key <file...>', 'armored public keys of all upstreams, or NAME=FILE for one of them'],
    ['--url <url>', 'where machines will find the published repositories'],
    ['--tree <tree>', 'tree of the upstreams, x86_64 unless given'],
  ],
  examples: [
    'sluice init site --upstream https://mirror.example.org/el9/BaseOS/x86_64/os/ --key vendor.asc',
    'sluice init site --upstream base=/srv/usb/BaseOS --upstream apps=/srv/usb/Apps --key vendor.asc',
  ],
  how: { needs: 'nothing', run: init },
};

async function init(call: Call): Promise<Answer> {
  const directory = resolve(textArgument(call, 0) ?? '.');
  const adopted = existsSync(join(directory, 'sluice.yaml'));
  if (!adopted) refuseFull(directory);
  const name = adopted ? nameIn(directory) : siteName(directory);
  const state = resolve(call.global.state ?? process.env.SLUICE_STATE ?? defaultState(name));
  refuseForeign(state, directory);
  const { signer } = readConfig(state);
  const config = { listen: { host: '127.0.0.1', port: 8080 }, pollInterval: 60 };
  mkdirSync(state, { recursive: true, mode: 0o755 });
  const site = { policy: directory, state, config: { ...ControllerConfig.parse(config), signer } };
  const ports = realPorts(site);
  const siteKey =
    (await existingKey(ports.signer)) ??
    (await createSiteKey(join(state, 'keys'), { name, date: ports.clock.now() }));
  if (adopted) await adoptPolicyRepository({ ...gitOptions(directory, state), clock: ports.clock });
  const commit = adopted ? undefined : await writePolicy(call, { directory, state, name, siteKey });
  const settings = join(state, 'controller.yaml');
  if (!existsSync(settings)) {
    await ports.disk.replace(settings, stringify({ policy: directory, ...config }));
  }
  await ports.disk.replace(join(state, 'keys', 'site.asc'), siteKey.text);
  return initialised({ directory, state, commit, key: siteKey });
}

const gitOptions = (url: string, state: string) => ({
  url,
  branch: 'main',
  state,
  identity: controllerIdentity(),
});

interface SiteKey {
  readonly fingerprint: string;
  readonly text: string;
}

/** The small policy repository, validated before its first commit. */
async function writePolicy(
  call: Call,
  at: {
    readonly directory: string;
    readonly state: string;
    readonly name: string;
    readonly siteKey: SiteKey;
  },
): Promise<CommitId> {
  const keys = listOption(call, 'key').map(keyOf);
  const tree = textOption(call, 'tree') ?? 'x86_64';
  const upstreams = listOption(call, 'upstream').map((text, i) => {
    const upstream = upstreamOf(text, i);
    const own = keys.filter((k) => k.upstream === undefined || k.upstream === upstream.name);
    return { ...upstream, tree, keyFiles: own.map(({ name, text }) => ({ name, text })) };
  });
  const url = textOption(call, 'url') ?? 'http://127.0.0.1:8080';
  const files = initialFiles({ name: at.name, url, upstreams, siteKey: at.siteKey });
  refuseInvalid(files);
  const identity = controllerIdentity();
  const time = Math.floor(Number(process.env.SLUICE_NOW ?? Date.now() / 1000));
  return initPolicyRepository(at.directory, { files, identity, time, state: at.state });
}

function initialised(at: {
  readonly directory: string;
  readonly state: string;
  readonly commit: CommitId | undefined;
  readonly key: SiteKey;
}): Answer {
  const { directory, state, commit } = at;
  const policy =
    commit === undefined
      ? 'yours; its files are untouched'
      : `commit ${commit.slice(0, 12)}; edit, commit and revert with plain git`;
  return {
    kind: 'Initialised',
    data: { policy: directory, state, commit, key: at.key.fingerprint },
    text: (paint) =>
      [
        `${paint('bold', 'policy')}  ${directory}  (${policy})`,
        `${paint('bold', 'state')}   ${state}  (back up packages/ and keys/)`,
        `${paint('bold', 'key')}     ${at.key.fingerprint}`,
        '',
        `next: cd ${directory} && sluice reconcile`,
      ].join('\n'),
    exit: 0,
  };
}

/** A policy repository that is there already keeps its name and its files. */
function nameIn(directory: string): string {
  const text = readFileSync(join(directory, 'sluice.yaml'), 'utf8');
  const name = /^name:\s*["']?([a-z0-9][a-z0-9._-]*)/m.exec(text)?.[1];
  if (name !== undefined) return name;
  throw new Fault('PolicyInvalid', {
    object: join(directory, 'sluice.yaml'),
    check: 'the site has a name',
    fix: `Run \`sluice validate ${directory}\` and mend what it finds.`,
  });
}

/** The key of a state directory that is there already: an earlier try, or a backup put back. */
async function existingKey(signer: Signer): Promise<SiteKey | undefined> {
  const [fingerprint] = await signer.keys().catch((): readonly string[] => []);
  if (fingerprint === undefined) return undefined;
  return { fingerprint, text: await signer.publicKey(fingerprint) };
}

/** An odd URL or a key file that is none shows here, before anything is committed. */
function refuseInvalid(files: readonly { readonly path: string; readonly text: string }[]): void {
  const commit = { id: '0'.repeat(40) as CommitId, time: 0 };
  const finding = readPolicy(files, commit).findings.find((f) => f.severity === 'error');
  if (!finding) return;
  throw new Fault(finding.code, {
    object: placeText(finding.at),
    check: finding.message,
    fix: `Mend what you gave to init: ${finding.fix}`,
  });
}

function siteName(directory: string): string {
  const name = basename(directory).toLowerCase();
  if (/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name)) return name;
  throw new Fault('Usage', {
    object: directory,
    check: 'the folder names the site',
    expected: 'letters, digits, dots, dashes and underscores',
    found: name,
    fix: 'Choose another folder name.',
  });
}

/** One state directory serves one policy repository; a moved one is told by its old folder being gone. */
function refuseForeign(state: string, directory: string): void {
  const { policy } = readConfig(state);
  if (policy === undefined || policy === directory || !existsSync(policy)) return;
  throw new Fault('Usage', {
    object: state,
    check: 'this state directory belongs to another policy repository',
    expected: directory,
    found: policy,
    fix: 'Name another one with --state (SLUICE_STATE).',
  });
}

function refuseFull(directory: string): void {
  if (!existsSync(directory) || readdirSync(directory).length === 0) return;
  throw new Fault('Usage', {
    object: directory,
    check: 'the folder has files in it',
    expected: 'a new or empty folder',
    fix: 'Name another folder; `sluice init` never writes over anything.',
  });
}

/** `FILE` for every upstream, `NAME=FILE` for one: no more trust than was asked for. */
function keyOf(given: string) {
  const bound = /^([a-z0-9][a-z0-9._-]*)=(.+)$/.exec(given);
  const file = bound?.[2] ?? given;
  const name = basename(file)
    .replace(/\.[^.]*$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-');
  return { upstream: bound?.[1], name, text: readKey(file) };
}

function readKey(file: string): string {
  if (existsSync(file)) return readFileSync(file, 'utf8');
  throw new Fault('NotFound', {
    object: file,
    check: 'no such key file',
    fix: 'Give the path of an armored public key (gpg --armor --export).',
  });
}

/** `NAME=URL`, a URL or a folder; the name is made from the last telling part of the path. */
function upstreamOf(text: string, index: number): { readonly name: string; readonly url: string } {
  const named = /^([a-z0-9][a-z0-9._-]*)=(.+)$/.exec(text);
  const place = named?.[2] ?? text;
  const url = isUrl(place) ? place : resolve(place);
  const dull = new Set(['', 'os', 'x86_64', 'aarch64', 'repodata', 'source', 'tree']);
  const parts = url
    .toLowerCase()
    .split('/')
    .map((p) => p.replace(/[^a-z0-9._-]+/g, '-'));
  const telling = parts.findLast((p) => !dull.has(p) && /^[a-z0-9]/.test(p));
  return {
    name: named?.[1] ?? telling ?? `upstream-${index + 1}`,
    url: url.endsWith('/') ? url : `${url}/`,
  };
}
