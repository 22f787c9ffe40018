import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import {
  type AuditLine,
  type Followed,
  type SignerView,
  signingService,
} from '../../controller/index.ts';
import { type CommitId, Fault, type SigningOrder } from '../../model/index.ts';
import type { Disk, Signer } from '../../ports.ts';
import { plainAnswer } from '../answer.ts';
import { locate, type Site } from '../config.ts';
import { untilInterrupted } from '../interrupted.ts';
import { textOption, type Verb } from '../verb.ts';
import { keySigner, type Listening, listen, openForReading } from '../wire.ts';

export const signerVerb: Verb = {
  options: [
    ['--keys <dir>', 'folder with the private keys, instead of the one in controller.yaml'],
  ],
  examples: ['sluice signer', 'sluice --state /var/lib/sluice/site signer --keys /srv/keys'],
  how: {
    needs: 'nothing',
    async run(call) {
      const located = withKeys(locate(call.global), textOption(call, 'keys'));
      // The state directory is another user's: git's home and the like have to be somewhere else.
      const site = { ...located, scratch: join(located.config.signer.keys, 'scratch') };
      const { socket } = site.config.signer;
      if (socket === undefined) throw noSocket(site);
      const server = await serve(site, socket);
      process.stderr.write(`signing on ${socket}\n`);
      await untilInterrupted();
      await server.close();
      return plainAnswer('Stopped', 'stopped');
    },
  },
};

/** So that the controller's own settings need not say where keys are. */
function withKeys(site: Site, folder: string | undefined): Site {
  if (folder === undefined) return site;
  const { config } = site;
  return { ...site, config: { ...config, signer: { ...config.signer, keys: resolve(folder) } } };
}

/** Orders are small but for the record of a first generation, which lists nothing, and repomd.xml. */
const bodyLimitBytes = 16 * 1024 * 1024;
const waiting = 256;

async function serve(site: Site, socket: string): Promise<Listening> {
  const signer = keySigner(site);
  // Keys that cannot be read are told at once, not at the first order.
  await signer.keys();
  const { installation } = await openForReading(site);
  const { disk, clock } = installation.ports;
  privateFolder(dirname(socket));
  await disk.remove(socket);
  const audit = (line: AuditLine) =>
    disk.append(join(site.config.signer.keys, 'audit.jsonl'), `${JSON.stringify(line)}\n`);
  const { perMinute } = site.config.signer;
  const view = currentView(site, signer, disk);
  const service = signingService({ signer, clock, view, audit, limits: { perMinute, waiting } });
  const listening = await listen({
    socket,
    bodyLimitBytes,
    publicDirectory: site.state,
    inside: '/nonexistent',
    answer: async (method, path, { body }) => {
      const answer = await answered({ signer, service }, { method, path, body });
      return { kind: 'text', status: 200, type: 'application/json', body: JSON.stringify(answer) };
    },
  });
  try {
    openToGroup(socket);
  } catch (error) {
    await listening.close();
    throw error;
  }
  return listening;
}

/** The group of the folder may ask; the answer is a signature only where commits say so. */
function openToGroup(socket: string): void {
  const folder = dirname(socket);
  const { gid } = statSync(folder);
  // A set-group-ID folder has seen to it already; a user may only give files to groups of its own.
  if (statSync(socket).gid !== gid) {
    try {
      chownSync(socket, -1, gid);
    } catch {
      throw new Fault('ConfigInvalid', {
        object: folder,
        check: "what lies in the socket's folder belongs to the folder's group, which may ask",
        found: `a folder of group ${gid} without the set-group-ID bit`,
        fix: `Run: chmod g+s ${folder}`,
      });
    }
  }
  chmodSync(socket, 0o660);
}

/** The folder decides who can ask and who could pretend to be the signer: nobody else may write into it. */
function privateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o2750 });
  const { mode, uid } = statSync(folder);
  if ((mode & 0o022) === 0 && [0, process.getuid?.()].includes(uid)) return;
  throw new Fault('ConfigInvalid', {
    object: folder,
    check: "the socket's folder belongs to the signer, and nobody else writes into it",
    found: `owner ${uid}, mode ${(mode & 0o7777).toString(8)}`,
    fix: `Run: install -d -o SIGNER -g CONTROLLER -m 2750 ${folder}`,
  });
}

/** Reads the journal anew when it has grown. */
function currentView(site: Site, signer: Signer, disk: Disk): () => Promise<SignerView> {
  const journal = join(site.state, 'journal');
  const followed = followedFile(join(site.config.signer.keys, 'followed'), disk);
  const policies: SignerView['policies'] = new Map();
  let seen: { readonly stamp: string; readonly view: SignerView } | undefined;
  return async () => {
    const last = (await disk.list(journal)).at(-1) ?? '';
    const stamp = `${last} ${(await disk.stat(join(journal, last)))?.sizeBytes}`;
    if (seen?.stamp !== stamp) {
      const { installation } = await openForReading(site);
      const snapshots = seen?.view.installation.snapshots ?? installation.snapshots;
      const keys = await signer.keys();
      const view = { installation: { ...installation, snapshots }, followed, keys };
      seen = { stamp, view: { ...view, policies, sources: new Map() } };
    }
    return seen.view;
  };
}

function followedFile(path: string, disk: Disk): Followed {
  return {
    head: async () => {
      const bytes = await disk.read(path);
      return bytes && (Buffer.from(bytes).toString().trim() as CommitId);
    },
    move: (to) => disk.replace(path, `${to}\n`, { mode: 0o600 }),
  };
}

const Asked = z.object({
  key: z.string(),
  bytes: z.string(),
  dateSeconds: z.int(),
  purpose: z.looseObject({ kind: z.enum(['package', 'repomd', 'record', 'trial', 'commit']) }),
});

async function answered(
  { signer, service }: { readonly signer: Signer; readonly service: Pick<Signer, 'sign'> },
  asked: { readonly method: string; readonly path: string; readonly body: string },
): Promise<object> {
  try {
    if (asked.path === '/keys') return { keys: await publicKeys(signer) };
    if (asked.method !== 'POST' || asked.path !== '/sign') throw notUnderstood(asked.path);
    const read = Asked.safeParse(JSON.parse(asked.body));
    if (!read.success) throw notUnderstood(read.error.issues[0]?.message ?? 'no order');
    // What the purpose says is compared with commits and bytes, field by field, before anything is signed.
    const order = { ...read.data, bytes: Buffer.from(read.data.bytes, 'base64') };
    return { signature: await service.sign(order as unknown as SigningOrder) };
  } catch (error) {
    const fault = error instanceof Fault ? error : notUnderstood('an order that cannot be read');
    return { fault: fault.toJSON() };
  }
}

async function publicKeys(signer: Signer) {
  const keys: { readonly fingerprint: string; readonly text: string }[] = [];
  for (const fingerprint of await signer.keys()) {
    keys.push({ fingerprint, text: await signer.publicKey(fingerprint) });
  }
  return keys;
}

const notUnderstood = (found: string): Fault =>
  new Fault('SigningRefused', {
    object: 'order',
    check: 'it is understood',
    found,
    fix: 'Controller and signer have to be of the same version.',
  });

function noSocket(site: Site): Fault {
  return new Fault('ConfigInvalid', {
    object: join(site.state, 'controller.yaml'),
    check: 'it says where the signer listens',
    expected: 'signer: { socket: /run/sluice-signer/signer.sock }',
    found: 'no signer.socket: the controller signs by itself',
    fix: 'Add it, and restart the controller after the signer.',
  });
}
