import { Fault } from '../../model/index.ts';
import { fullFingerprint, readKeyring } from '../../rpm/index.ts';
import type { Answer } from '../answer.ts';
import { locate, type Site } from '../config.ts';
import { readPolicyInForce } from '../policy-in-force.ts';
import { type Call, textArgument, textOption, type Verb } from '../verb.ts';
import { createFurtherKey, extendKey, keySigner, type MadeKey, realPorts } from '../wire.ts';

export const keyVerb: Verb = {
  arguments: [
    ['<action>', 'list, new or extend'],
    ['[fingerprint]', 'of the key, for extend'],
  ],
  options: [
    ['--name <text>', 'who the new key says it is; the name of the site unless given'],
    ['--expires <duration>', 'when it ends, counted from now: 2y, 90d; never unless given'],
  ],
  examples: ['sluice key list', 'sluice key new --expires 2y'],
  how: { needs: 'nothing', run: key },
};

async function key(call: Call): Promise<Answer> {
  const site = locate(call.global);
  switch (textArgument(call, 0)) {
    case 'list':
      return list(site);
    case 'new':
      return made(await makeKey(call, site), site, 'made');
    case 'extend':
      return made(await moveEnd(call, site), site, 'extended');
    default:
      throw new Fault('Usage', {
        object: `key ${textArgument(call, 0)}`,
        check: 'what to do',
        expected: 'list, new or extend',
        fix: 'Run `sluice key list`.',
      });
  }
}

interface KeyRow {
  readonly fingerprint: string;
  /** Seconds since 1970, as `expires`. */
  readonly created?: number;
  readonly expires?: number;
  readonly uses: readonly string[];
}

async function list(site: Site): Promise<Answer> {
  const signer = site.config.signer.socket === undefined ? keySigner(site) : realPorts(site).signer;
  const uses = await usesOf(site);
  const keys: KeyRow[] = [];
  for (const fingerprint of await signer.keys()) {
    const text = await signer.publicKey(fingerprint);
    const {
      keys: [found],
    } = await readKeyring([{ path: `key ${fingerprint}`, text }]);
    const { primary } = found ?? {};
    keys.push({
      fingerprint,
      ...(primary === undefined ? {} : { created: primary.key.created }),
      ...(primary?.expires === undefined ? {} : { expires: primary.expires }),
      uses: uses.get(fingerprint) ?? [],
    });
  }
  return {
    kind: 'Keys',
    data: { keys },
    text: (paint) =>
      keys
        .map((k) => {
          const end = k.expires === undefined ? 'no end' : `ends ${dayText(k.expires)}`;
          const use = k.uses.length === 0 ? 'not named by any channel' : k.uses.join(', ');
          return `${paint('bold', k.fingerprint)}  made ${dayText(k.created ?? 0)}, ${end}  ${use}`;
        })
        .join('\n'),
    exit: 0,
  };
}

/** What the accepted policy has each key for. */
async function usesOf(site: Site): Promise<ReadonlyMap<string, readonly string[]>> {
  const uses = new Map<string, string[]>();
  const add = (fingerprint: string | undefined, use: string) => {
    if (fingerprint !== undefined) uses.set(fingerprint, [...(uses.get(fingerprint) ?? []), use]);
  };
  for (const { name, sign } of (await readPolicyInForce(site))?.channels.values() ?? []) {
    add(sign.metadata, `metadata of ${name}`);
    add(fullFingerprint(sign.packages), `packages of ${name}`);
    add(sign.next, `next of ${name}`);
  }
  return uses;
}

async function makeKey(call: Call, site: Site): Promise<MadeKey> {
  refuseElsewhere(site);
  const name = textOption(call, 'name') ?? (await readPolicyInForce(site))?.site.name ?? 'site';
  const date = realPorts(site).clock.now();
  const seconds = expirySeconds(textOption(call, 'expires'));
  const end = seconds === undefined ? {} : { expiresAfter: seconds };
  return createFurtherKey(site.config.signer.keys, { name, date, ...end });
}

async function moveEnd(call: Call, site: Site): Promise<MadeKey> {
  refuseElsewhere(site);
  const given = textArgument(call, 1) ?? '';
  const fingerprint = fullFingerprint(given);
  if (fingerprint === undefined) {
    throw new Fault('Usage', {
      object: `key ${given}`,
      check: 'a full fingerprint',
      fix: 'Take one of `sluice key list`.',
    });
  }
  const date = realPorts(site).clock.now();
  const seconds = expirySeconds(textOption(call, 'expires'));
  const end = seconds === undefined ? {} : { expiresAt: date + seconds };
  return extendKey(site.config.signer.keys, { fingerprint, date, ...end });
}

/** Keys of gpg are made by gpg. */
function refuseElsewhere({ config }: Site): void {
  const { gpg } = config.signer;
  if (gpg === undefined) return;
  throw new Fault('Usage', {
    object: 'sluice key',
    check: 'the keys of this site are those of gpg',
    found: `signer.gpg.home ${gpg.home}`,
    fix: `Run: gpg --homedir ${gpg.home} --quick-set-expire FINGERPRINT 2y (or --quick-generate-key), then name it under signer.gpg.keys.`,
  });
}

const units: Readonly<Record<string, number>> = { d: 86_400, w: 7 * 86_400, y: 365 * 86_400 };

function expirySeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, count = '', unit = ''] = /^([1-9]\d{0,4})([dwy])$/.exec(text) ?? [];
  const seconds = Number(count) * (units[unit] ?? 0);
  if (seconds > 0) return seconds;
  throw new Fault('Usage', {
    object: `--expires ${text}`,
    check: 'a number of days, weeks or years',
    fix: 'Write it like 90d, 26w or 2y.',
  });
}

function made(key: MadeKey, site: Site, what: 'made' | 'extended'): Answer {
  const { keys } = site.config.signer;
  const next =
    what === 'made'
      ? `next: name it in a channel, sign: { next: ${key.fingerprint} }, and a generation later as metadata: or packages:`
      : 'next: sluice reconcile publishes the key with its new end';
  return {
    kind: 'KeyMade',
    data: { fingerprint: key.fingerprint, publicKey: key.text },
    text: (paint) => `${what} ${paint('bold', key.fingerprint)}  (in ${keys}; back it up)\n${next}`,
    exit: 0,
  };
}

const dayText = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);
