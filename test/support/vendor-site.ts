import { join } from 'node:path';
import type { MachineRepository } from '../../src/cli/demo/machine.ts';
import { buildVendor, type Vendor } from '../../src/cli/demo/vendor.ts';
import { type Site, site } from './site.ts';

/** A site that mirrors the vendor of the demo, which offers its first content; nothing was mirrored yet. */
export async function vendorSite(): Promise<{ readonly here: Site; readonly vendor: Vendor }> {
  const here = await site();
  const vendor = await buildVendor(join(here.directory, 'vendor'), 1);
  const upstream = ['--upstream', `vendor=${vendor.url}`, '--key', vendor.keyFile];
  await here.ask(['init', here.policy, ...upstream]);
  return { here, vendor };
}

/** A channel as a machine has it: with the site's key, and those of the vendors whose signatures it keeps. */
export function channelRepository(
  here: Site,
  channel: string,
  vendorKeys: readonly string[] = [],
): MachineRepository {
  const keys = [join(here.policy, 'keys/site.asc'), ...vendorKeys];
  return {
    id: channel,
    baseurl: `file://${here.state}/public/${channel}/x86_64`,
    gpgkeys: keys.map((path) => `file://${path}`),
  };
}
