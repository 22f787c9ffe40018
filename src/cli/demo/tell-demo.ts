import { cp, mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '../../model/index.ts';
import type { Paint } from '../paint.ts';
import { type Machine, machine } from './machine.ts';
import {
  gitConfig,
  type Story,
  sluiceProgram,
  startBeside,
  startController,
  story,
} from './story.ts';
import { tool } from './tool.ts';
import { buildVendor } from './vendor.ts';

export interface DemoOptions {
  readonly paint: Paint;
  readonly write: (text: string) => void;
  readonly directory: string | undefined;
  readonly keepServing: boolean;
}

interface Stage {
  readonly story: Story;
  readonly directory: string;
  readonly site: string;
  readonly state: string;
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
}

/** As the example's production channel says. */
const soakSeconds = 3;

/** Plays vendor, admin and machine: everything that is printed really happened, with real git, rpm and dnf. */
export async function tellDemo(
  options: DemoOptions,
): Promise<{ readonly directory: string; readonly url: string; readonly again: string }> {
  const directory = resolve(options.directory ?? (await mkdtemp(join(tmpdir(), 'sluice-demo-'))));
  const site = join(directory, 'site');
  await mkdir(site, { recursive: true });
  const listen = `127.0.0.1:${await freePort()}`;
  const url = `http://${listen}`;
  const state = join(directory, 'state');
  const env = {
    SLUICE_STATE: state,
    SLUICE_POLICY: site,
    PATH: `${join(sluiceProgram, '..')}:${process.env.PATH ?? ''}`,
    HOME: directory,
  };
  const told = story({ ...options, cwd: site, env });
  const stage: Stage = { story: told, directory, site, state, url, env };
  await setUp(stage);
  const stopSigner = await signerOf(stage);
  const stop = await startController({ listen, env }).catch(async (error: unknown) => {
    await stopSigner();
    throw error;
  });
  const client = await machineOf(stage);
  try {
    await firstContent(stage, client);
    await builtHere(stage, client);
    await securityUpdate(stage, client);
    await rollback(stage, client);
    await lookAround(stage);
    const where = `SLUICE_STATE=${state} SLUICE_POLICY=${site} ${sluiceProgram}`;
    const again = `${where} signer --keys ${keysOf(stage)} & ${where} run --listen ${listen}`;
    if (options.keepServing) await serveUntilInterrupted(options, url);
    return { directory, url, again };
  } finally {
    await client?.dispose();
    await stop();
    await stopSigner();
  }
}

/** Where the private keys are: neither in the controller's state nor known to it. */
const keysOf = ({ directory }: Stage): string => join(directory, 'signer/keys');

/** On a site it would be another user's process; here it is one of its own, with a folder of its own. */
async function signerOf(stage: Stage): Promise<() => Promise<void>> {
  const { story: told, directory, state, env } = stage;
  const folder = join(directory, 'signer');
  told.chapter(
    'A signer',
    `holds the keys, in a process of its own (sluice signer --keys ${folder}/keys). The controller only knows its socket.`,
  );
  await must(told, `mkdir -m 700 ${folder} && mv ${state}/keys ${folder}/`);
  await must(
    told,
    `echo 'signer: { socket: ${folder}/run/signer.sock }' >>${state}/controller.yaml`,
  );
  return await startBeside({
    args: ['signer', '--keys', keysOf(stage)],
    ready: /^signing on /m,
    env,
  });
}

async function setUp({ story: told, directory, site, url, state }: Stage): Promise<void> {
  told.chapter('A vendor', 'builds, signs and publishes a few packages with rpmbuild and gpg.');
  const vendor = await buildVendor(join(directory, 'vendor'), 1);
  await must(told, `ls ${vendor.url}/Packages`);
  told.chapter(
    'A policy repository',
    'is an ordinary git repository of YAML: the example, with this vendor and this address put in.',
  );
  await copyExample(site);
  await must(told, `sed -i 's|file:///srv/vendor/|file://${vendor.url}/|' upstreams/vendor.yaml`);
  await must(
    told,
    `sed -i 's|file:///srv/vendor-source/|file://${vendor.sources}/|' upstreams/*.yaml`,
  );
  await must(told, `sed -i 's|http://127.0.0.1:8080|${url}|' sluice.yaml`);
  await must(told, `cp ${vendor.keyFile} keys/vendor.asc`);
  await must(told, 'git init -q -b main');
  await gitConfig(site);
  const made = await must(told, `sluice init ${site}`);
  const key = /^key +([0-9A-F]{40})$/m.exec(made.output)?.[1] ?? '';
  await must(told, `cp ${state}/keys/site.asc keys/`);
  await must(told, `sed -i -E 's|packages: [0-9A-F]{40}|packages: ${key}|' channels/*.yaml`);
  await must(told, 'sluice validate');
  await must(told, "git add . && git commit -qm 'Start with two channels' && git ls-files");
}

/** Without the specs: a vendor's sources are no policy. */
async function copyExample(site: string): Promise<void> {
  const example = resolve(import.meta.dirname, '../../../examples/policy-repo');
  const filter = (path: string) => !path.startsWith(join(example, 'vendor'));
  await cp(example, site, { recursive: true, filter });
}

async function firstContent({ story: told }: Stage, client: Machine): Promise<void> {
  told.chapter(
    'The first content',
    'is mirrored, verified against the pinned key, and proposed. Merging is the answer.',
  );
  await must(told, 'sluice reconcile');
  await merge(told, 'bootstrap/testing');
  await merge(told, 'bootstrap/production');
  await must(told, 'sluice status');
  told.chapter('A machine', 'installs from production: dnf with gpgcheck and repo_gpgcheck on.');
  await client.install(['greeter']);
  told.machine('dnf install greeter', await client.installed());
}

async function builtHere(stage: Stage, client: Machine): Promise<void> {
  const { story: told, state } = stage;
  told.chapter(
    'A package of our own build',
    "comes from the vendor's source package, with a patch of ours: built isolated, without network.",
  );
  await must(told, 'grep -A 3 ^build: policies/greeter.yaml');
  await must(told, 'sluice reconcile --wait');
  const isBuilt = (await list(told)).includes('sluice/sign/build-greeter-1.0-1 ');
  if (!isBuilt) return told.chapter('Nothing was built', 'The lines above say why; on without it.');
  await must(told, `grep -hE 'patch -p1|^Wrote' ${state}/builds/*/1/build.log`);
  told.chapter('Signing it', 'is a question too. It goes to testing, soaks, and then production.');
  await review(told, 'sign/build-greeter-1.0-1');
  await sleep((soakSeconds + 1) * 1000);
  await must(told, 'sluice reconcile');
  await merge(told, 'promotion/production/build-greeter-1.0-1');
  await client.upgrade();
  told.machine('dnf upgrade', await client.installed());
  const signature = '%{RSAHEADER:pgpsig}\\n';
  told.machine(`rpm -q --qf '${signature}' greeter`, await client.query(signature, 'greeter'));
  const greeter = await readFile(join(client.root, 'usr/bin/greeter'), 'utf8');
  told.machine('cat /usr/bin/greeter', greeter.trimEnd().split('\n'));
}

async function securityUpdate({ story: told, directory }: Stage, client: Machine): Promise<void> {
  told.chapter('The vendor publishes an erratum', 'and Sluice asks about it in a pull request.');
  await buildVendor(join(directory, 'vendor'), 2);
  await must(told, 'sluice reconcile --sync');
  await must(told, 'sluice pr list');
  const branch = 'sluice/errata/testing/EXSA-2026-0001';
  await must(told, `git merge --no-edit -q ${branch}`);
  await must(told, 'sluice reconcile');
  told.chapter('It soaks in testing', `for ${soakSeconds} seconds here, then production is asked.`);
  await sleep((soakSeconds + 1) * 1000);
  await must(told, 'sluice reconcile');
  await review(told, 'promotion/production/EXSA-2026-0001');
  told.machine('dnf updateinfo list', await client.updateinfoList());
  await client.upgrade();
  told.machine('dnf upgrade', await client.installed());
}

async function rollback({ story: told, site }: Stage, client: Machine): Promise<void> {
  told.chapter('Something is wrong with it', '`git revert` takes the promotion back.');
  const of = ['HEAD', '--', 'promotions/production'];
  const found = await tool('git', ['-C', site, 'rev-list', '--first-parent', '-1', ...of]);
  const merged = found.stdout.trim().slice(0, 10);
  await must(told, `git revert --no-edit -m 1 ${merged}`);
  await must(told, 'sluice reconcile');
  await must(told, `cat holds/production/*.yaml`);
  await client.distroSync();
  told.machine('dnf distro-sync', await client.installed());
}

async function lookAround({ story: told, url }: Stage): Promise<void> {
  told.chapter('What happened', 'is all in git and in the journal.');
  await must(told, 'sluice history production');
  await must(told, 'sluice why hello --channel production');
  await must(told, 'sluice verify');
  await must(told, `curl -sf ${url}/readyz`);
}

async function machineOf({ directory, url }: Stage): Promise<Machine> {
  return machine(join(directory, 'machine'), {
    name: 'node1',
    repositories: [
      {
        id: 'production',
        baseurl: `${url}/example/production/x86_64/`,
        gpgkeys: [`${url}/example/production/RPM-GPG-KEY-site`],
      },
    ],
  });
}

/** Merges the open proposal of an identity, and lets Sluice apply it. */
async function merge(told: Story, identity: string): Promise<void> {
  await must(told, `sluice pr merge ${numberOf(identity, await list(told))}`);
  await must(told, 'sluice reconcile');
}

/** The same by somebody who reads it first. */
async function review(told: Story, identity: string): Promise<void> {
  const number = numberOf(identity, await list(told));
  await must(told, `sluice pr show ${number}`);
  await must(told, `sluice pr merge ${number}`);
  await must(told, 'sluice reconcile');
}

async function list(told: Story): Promise<string> {
  return (await must(told, 'sluice pr list')).output;
}

function numberOf(identity: string, listing: string): string {
  const line = listing.split('\n').find((l) => l.includes(`sluice/${identity} `));
  const number = /#(\d+)/.exec(line ?? '')?.[1];
  if (number) return number;
  throw new Error(`no open proposal ${identity} in:\n${listing}`);
}

/** Commands of the story may end with "pending" or "held", but not with an error. */
async function must(told: Story, line: string) {
  const result = await told.type(line);
  if (result.code <= 1) return result;
  throw new Fault('ToolFailed', {
    object: line,
    check: 'the demo goes on',
    expected: 'exit code 0 or 1',
    found: `exit code ${result.code}`,
    fix: 'Look at what it printed above; `sluice doctor` checks this machine.',
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === 'object' && address ? address.port : 8080;
}

async function serveUntilInterrupted(options: DemoOptions, url: string): Promise<void> {
  options.write(`\n   The dashboard is at ${options.paint('bold', `${url}/`)} (Ctrl-C ends it)\n`);
  await new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => done());
  });
}
