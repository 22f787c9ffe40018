import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Code, codes, Fault, type SigningOrder } from '../model/index.ts';
import type { Signer } from '../ports.ts';
import { http } from './http.ts';

/** How long a signature may take, with everything that waits before it. */
const deadlineSeconds = 300;
const busyWaitMs = 500;

/**
 * Asks the signing process over its socket; no key is ever here. Throws `SignerUnavailable` when it is not there or
 * not to be trusted, and whatever fault it answers.
 */
export function socketSigner(socket: string): Signer {
  let known: ReadonlyMap<string, string> | undefined;
  const refreshed = async (): Promise<ReadonlyMap<string, string>> => {
    known = await listed(socket);
    return known;
  };
  return {
    signsTrials: false,
    keys: async () => [...(await refreshed()).keys()],
    publicKey: async (fingerprint) => {
      const found = known?.get(fingerprint) ?? (await refreshed()).get(fingerprint);
      if (found !== undefined) return found;
      throw new Fault('KeyMissing', {
        object: `key ${fingerprint}`,
        check: 'the signer has it',
        found: 'other keys',
        fix: 'Put it into the keys directory of the signer, or name one of `sluice key list` in the channel.',
      });
    },
    sign: async (order) => {
      const end = Date.now() + deadlineSeconds * 1000;
      for (;;) {
        const answer = await ask(socket, '/sign', JSON.stringify(wireOrder(order)));
        if ('signature' in answer) return String(answer.signature);
        const fault = faultIn(answer);
        if (fault.code !== 'SignerBusy' || Date.now() > end) throw fault;
        await new Promise((resolve) => setTimeout(resolve, busyWaitMs));
      }
    },
  };
}

/** The signer reads packages by itself, so their bytes stay here. */
function wireOrder({ bytes, ...order }: SigningOrder) {
  const own = order.purpose.kind === 'package';
  return { ...order, bytes: own ? '' : Buffer.from(bytes).toString('base64') };
}

async function listed(socket: string): Promise<ReadonlyMap<string, string>> {
  const answer = await ask(socket, '/keys', '');
  if (!('keys' in answer) || !Array.isArray(answer.keys)) throw faultIn(answer);
  return new Map(
    answer.keys.map((key: unknown) => {
      const { fingerprint, text } = key as { readonly fingerprint: string; readonly text: string };
      return [fingerprint, text];
    }),
  );
}

function faultIn(answer: Readonly<Record<string, unknown>>): Fault {
  const fault = answer.fault as { readonly code?: string; readonly [key: string]: unknown };
  const code = fault?.code;
  if (code !== undefined && Object.hasOwn(codes, code)) {
    const { object, check, expected, found, fix } = fault as Record<string, string>;
    const fields = { object: `${object}`, check: `${check}`, fix: `${fix}` };
    return new Fault(code as Code, { ...fields, expected, found });
  }
  return unavailable('signer', 'its answer is understood', 'something else');
}

async function ask(
  socket: string,
  path: string,
  body: string,
): Promise<Readonly<Record<string, unknown>>> {
  await refuseOpenFolder(socket);
  const text = await post(socket, path, body).catch((error: NodeJS.ErrnoException) => {
    throw unavailable(socket, 'the signer listens here', error.code ?? error.message);
  });
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === 'object' && answer !== null) return { ...answer };
  } catch {}
  throw unavailable(
    socket,
    'its answer is understood',
    `${text.length} characters of something else`,
  );
}

/** Node cannot ask who is at the other end; who may put a socket there is decided by its folder. */
async function refuseOpenFolder(socket: string): Promise<void> {
  const folder = dirname(socket);
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) throw unavailable(socket, 'its folder is there', 'none');
  if ((found.mode & 0o002) === 0) return;
  throw unavailable(
    folder,
    'not everybody can write into it',
    `mode ${(found.mode & 0o7777).toString(8)}`,
  );
}

function unavailable(object: string, check: string, found: string): Fault {
  return new Fault('SignerUnavailable', {
    object,
    check,
    found,
    fix: 'Start it (sluice signer), and let its folder be writable by its own user only.',
  });
}

function post(socketPath: string, path: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const options = { socketPath, path, method: 'POST', headers, timeout: deadlineSeconds * 1000 };
    const call = http().request(options, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
      res.on('error', reject);
    });
    call.on('timeout', () => call.destroy(new Error('timeout')));
    call.on('error', reject);
    call.end(body);
  });
}
