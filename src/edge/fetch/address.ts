import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { Fault } from '../../model/index.ts';

export interface Resolved {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Where an address lies, from here: redirects may not lead from the outside to the inside. */
export type Reach = 'public' | 'private' | 'link-local' | 'loopback';

const ranges: readonly [Exclude<Reach, 'public'>, string, number, 'ipv4' | 'ipv6'][] = [
  ['loopback', '127.0.0.0', 8, 'ipv4'],
  ['loopback', '0.0.0.0', 8, 'ipv4'],
  ['loopback', '::1', 128, 'ipv6'],
  ['loopback', '::', 128, 'ipv6'],
  ['link-local', '169.254.0.0', 16, 'ipv4'],
  ['link-local', 'fe80::', 10, 'ipv6'],
  ['private', '10.0.0.0', 8, 'ipv4'],
  ['private', '172.16.0.0', 12, 'ipv4'],
  ['private', '192.168.0.0', 16, 'ipv4'],
  ['private', '100.64.0.0', 10, 'ipv4'],
  ['private', 'fc00::', 7, 'ipv6'],
];

const lists = ranges.map(([reach, net, prefix, family]) => {
  const list = new BlockList();
  list.addSubnet(net, prefix, family);
  return { reach, list };
});

/** RFC 1918, 3927, 4193, 4291, 6598; an IPv4 address inside an IPv6 one counts as what it is. */
export function reachOf(address: string): Reach {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  const text = mapped ?? address;
  const family = isIP(text) === 4 ? 'ipv4' : 'ipv6';
  return lists.find(({ list }) => list.check(text, family))?.reach ?? 'public';
}

/** All addresses of a URL's host. They are what is then connected to, so a second answer of DNS changes nothing. */
export async function resolveHost(url: URL): Promise<readonly Resolved[]> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const literal = isIP(host);
  if (literal === 4 || literal === 6) return [{ address: host, family: literal }];
  try {
    const found = await lookup(host, { all: true });
    return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
  } catch (error) {
    throw new Fault('UpstreamUnavailable', {
      object: url.href,
      check: 'the name of the server resolves',
      found: error instanceof Error && 'code' in error ? String(error.code) : String(error),
      fix: 'Check `url` of the upstream and the name service of this machine.',
      cause: error,
    });
  }
}

/** The next address of a redirect, or why it is not followed. */
export function redirectTarget(from: URL, location: string | undefined, object: string): URL {
  const to = location === undefined ? null : URL.parse(location, from.href);
  const refuse = (expected: string, found: string): Fault =>
    new Fault('TransferRefused', {
      object,
      check: 'the redirect leads where upstreams may be',
      expected,
      found,
      fix: 'Put the final address into `url` of the upstream if it is to be trusted.',
    });
  if (to === null) throw refuse('an address', location ?? 'no Location header');
  if (to.protocol !== 'https:' && to.protocol !== 'http:') {
    throw refuse('http or https', `${to.protocol} in ${to.href.slice(0, 200)}`);
  }
  if (from.protocol === 'https:' && to.protocol === 'http:') {
    throw refuse('https, as the upstream began with it', to.href.slice(0, 200));
  }
  return to;
}

/** A redirect may lead to the public network, or to the kind of network that the upstream itself is in. */
export function checkReach(url: URL, to: readonly Resolved[], allowed: ReadonlySet<Reach>): void {
  for (const { address } of to) {
    const reach = reachOf(address);
    if (reach === 'public' || allowed.has(reach)) continue;
    throw new Fault('TransferRefused', {
      object: url.href,
      check: 'the redirect does not lead into a closer network than that of the upstream',
      expected: [...new Set(['public', ...allowed])].join(' or '),
      found: `${reach} address ${address}`,
      fix: 'Put the final address into `url` of the upstream if it is to be trusted.',
    });
  }
}
