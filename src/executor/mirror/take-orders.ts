import { cutBlocks } from '../../store/index.ts';
import type { OfferedPackage } from './offered-package.ts';
import type { TakeOrder } from './take-order.ts';

const loosePackages = 32;
/** Fewer make hardly a block of their own among many others, and looking for it costs more than it saves. */
const fewPackages = 32;

/** What is to be fetched, in orders: a block whose packages all come in is one, the others go together as they come. */
export function takeOrders(
  wanted: readonly OfferedPackage[],
  missing: readonly OfferedPackage[],
): readonly TakeOrder[] {
  if (missing.length < fewPackages && missing.length < wanted.length) return looseOrders(missing);
  const byDigest = new Map(missing.map((one) => [one.sha256, one]));
  const orders: TakeOrder[] = [];
  const loose: OfferedPackage[] = [];
  for (const { key, packages } of cutBlocks(wanted.map(entryOf))) {
    const absent = packages.flatMap(({ sha256 }) => byDigest.get(sha256) ?? []);
    if (absent.length === packages.length) orders.push({ packages: absent, block: key });
    else loose.push(...absent);
  }
  return [...orders, ...looseOrders(loose)];
}

function looseOrders(packages: readonly OfferedPackage[]): readonly TakeOrder[] {
  const orders: TakeOrder[] = [];
  for (let at = 0; at < packages.length; at += loosePackages) {
    orders.push({ packages: packages.slice(at, at + loosePackages) });
  }
  return orders;
}

/** The parts of an entry by which blocks are cut and files are named. */
function entryOf({ nevra, sha256, sizeBytes, buildTime }: OfferedPackage) {
  return { ...nevra, sha256, sizeBytes, buildTime };
}
