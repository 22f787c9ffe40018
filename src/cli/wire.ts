import { join } from 'node:path';
import { endInterruptedBuilds, type Installation, installation } from '../controller/index.ts';
import {
  chooseForge,
  decompressor,
  gpgSigner,
  localBuilder,
  lockState,
  mockBuilder,
  type ObsSettings,
  obsBuilder,
  policyGit,
  realDisk,
  realFetch,
  realSigner,
  realSpecs,
  rpmPackageCheck,
  socketSigner,
  threads,
} from '../edge/index.ts';
import type { Clock, Disk, Event, Log, Ports, Signer } from '../ports.ts';
import { openJournal, recover, snapshotReader } from '../store/index.ts';
import { type BuildersConfig, builderFile } from './builders-config.ts';
import { controllerIdentity, type Site } from './config.ts';
import { eventPrinter } from './event-printer.ts';
import type { Opened } from './verb.ts';
import { version } from './version.ts';

export {
  adoptPolicyRepository,
  createFurtherKey,
  createSiteKey,
  extendKey,
  fileSystemFault,
  http,
  initPolicyRepository,
  type Listening,
  listen,
  type MadeKey,
  probeSandbox,
  schedule,
} from '../edge/index.ts';

/** The one page that makes the real ports. */
export function realPorts(site: Site, emit: (event: Event) => void = eventPrinter()): Ports {
  const clock = realClock();
  const log: Log = { emit };
  const identity = controllerIdentity();
  const plain = { url: site.policy, branch: 'main', state: site.state, identity, clock };
  const reading = site.scratch === undefined ? plain : { ...plain, scratch: site.scratch };
  const { forge, git } = chooseForge(site.config.forge, reading, version);
  const { socket } = site.config.signer;
  const signer = socket === undefined ? keySigner(site) : socketSigner(socket);
  // Commits are signed by the controller as one of those who may decide, never by the site's signer.
  const self = socket === undefined ? signer : realSigner(join(site.state, 'keys'));
  const sign = async (bytes: Uint8Array, seconds: number) => {
    const [own = ''] = await self.keys();
    return self.sign({ key: own, bytes, dateSeconds: seconds, purpose: { kind: 'commit' } });
  };
  return {
    disk: realDisk(),
    fetch: realFetch({ version }),
    threads: threads({ version }),
    decompress: decompressor(),
    policyGit: policyGit({ ...git, sign, warn: (text) => log.emit({ kind: 'warning', text }) }),
    forge,
    signer,
    builders: buildersOf(site, log),
    specs: realSpecs({ state: site.state, clock }),
    packageCheck: rpmPackageCheck(),
    clock,
    log,
  };
}

/** The sandbox of this machine, and what controller.yaml sets up besides. */
function buildersOf(site: Site, log: Log): NonNullable<Ports['builders']> {
  const { obs, mock } = site.config.builders;
  const note = (text: string) => log.emit({ kind: 'note', text: `build service: ${text}` });
  return {
    local: localBuilder({ roots: join(site.state, 'buildroots') }),
    ...(mock && { mock: mockBuilder(mock) }),
    ...(obs && { obs: obsBuilder({ settings: obsSettings(obs), version, note }) }),
  };
}

function obsSettings(obs: NonNullable<BuildersConfig['obs']>): ObsSettings {
  const { url, project, user, passwordFile } = obs;
  return {
    url,
    project,
    servedAt: obs.servedAt.replace(/\/+$/, ''),
    // Read when a build wants it: no other verb stops because it is missing.
    get projectConfig() {
      return builderFile('obs.projectConfigFile', obs.projectConfigFile);
    },
    ...(user && passwordFile && { login: { user, passwordFile } }),
  };
}

/** The keys themselves: of this process, or of the one that signs for it. */
export function keySigner({ config: { signer } }: Site): Signer {
  const { keys, passphraseFile, gpg } = signer;
  const unlock = passphraseFile === undefined ? {} : { passphraseFile };
  return gpg === undefined ? realSigner(keys, unlock) : gpgSigner({ ...gpg, ...unlock });
}

/** `SLUICE_NOW` (seconds since 1970) stands in for the time in tests and rehearsals; it counts up from there. */
function realClock(): Clock {
  const pretended = Number(process.env.SLUICE_NOW);
  const started = Date.now();
  const offset = Number.isFinite(pretended) && pretended > 0 ? pretended * 1000 - started : 0;
  return { now: () => Math.floor((Date.now() + offset) / 1000) };
}

/** Without the lock: what the journal says now, nothing repaired, nothing recovered. */
export async function openForReading(site: Site): Promise<Opened> {
  const ports = realPorts(site);
  // A torn last line may be an append that is under way in the controller; it is not ours to cut off.
  const disk: Disk = { ...ports.disk, truncate: async () => {} };
  return { site, installation: await open({ ...ports, disk }, site.state) };
}

/** With the writer's lock, after recovery. */
export async function openForWriting(
  site: Site,
): Promise<Opened & { readonly close: () => Promise<void> }> {
  const lock = lockState(join(site.state, 'lock.sqlite'));
  try {
    const ports = realPorts(site);
    const store = { disk: ports.disk, root: site.state };
    const journal = await openJournal(ports.disk, join(site.state, 'journal'), ports.clock);
    for (const text of journal.notes) ports.log.emit({ kind: 'note', text });
    await recover(store, journal);
    const opened = installation({ ports, store, journal, snapshots: snapshotReader(store) });
    await endInterruptedBuilds(opened);
    return { site, installation: opened, close: async () => lock.release() };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function open(ports: Ports, state: string): Promise<Installation> {
  const store = { disk: ports.disk, root: state };
  const journal = await openJournal(ports.disk, join(state, 'journal'), ports.clock);
  return installation({ ports, store, journal, snapshots: snapshotReader(store) });
}
