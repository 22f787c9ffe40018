import {
  armor,
  framed,
  length,
  packet,
  seconds,
  signatureBody,
  signaturePacket,
  subpacket,
  type WrittenKey,
} from './openpgp-writer.ts';

export interface CertificateRecipe {
  readonly userId?: string;
  /** Seconds after the key's creation. */
  readonly expiresAfter?: number;
  readonly hashId?: number;
  readonly selfSigned?: boolean;
  readonly revoked?: { readonly reason?: number; readonly at: number };
  readonly subkeys?: readonly {
    readonly key: WrittenKey;
    readonly bound: 'mutually' | 'by the primary key only' | 'by another key' | 'not at all';
    readonly revoked?: { readonly reason?: number; readonly at: number };
    readonly expiresAfter?: number;
  }[];
  /** Used by a binding `by another key`. */
  readonly other?: WrittenKey;
}

/** An armored public key with its self-signatures. */
export function certificate(key: WrittenKey, recipe: CertificateRecipe = {}): string {
  return armor('PUBLIC KEY BLOCK', certificateBytes(key, recipe));
}

export function certificateBytes(key: WrittenKey, recipe: CertificateRecipe = {}): Buffer {
  const { userId = 'Vendor <vendor@example.org>', hashId = 8, selfSigned = true } = recipe;
  const own = framed(key.body);
  const name = Buffer.from(userId);
  const certified = Buffer.concat([own, Buffer.from([0xb4]), length(name), name]);
  const subpackets = [subpacket(27, Buffer.from([3])), ...expiry(recipe.expiresAfter)];
  const statement = { type: 0x13, hashId, created: key.created, subpackets };
  return Buffer.concat([
    packet(6, key.body),
    ...revocation(key, own, { type: 0x20, revoked: recipe.revoked }),
    packet(13, name),
    ...(selfSigned ? [signaturePacket(key, certified, statement)] : []),
    ...(recipe.subkeys ?? []).map((s) => subkeyBytes(key, recipe, s)),
  ]);
}

function subkeyBytes(
  primary: WrittenKey,
  recipe: CertificateRecipe,
  subkey: NonNullable<CertificateRecipe['subkeys']>[number],
): Buffer {
  const both = Buffer.concat([framed(primary.body), framed(subkey.key.body)]);
  const { created } = subkey.key;
  const back = signatureBody(subkey.key, both, { type: 0x19, created });
  const embedded =
    subkey.bound === 'mutually'
      ? [
          Buffer.concat([
            Buffer.from([0xff]),
            length(Buffer.alloc(back.length + 1)),
            Buffer.from([32]),
            back,
          ]),
        ]
      : [];
  const subpackets = [subpacket(27, Buffer.from([2])), ...expiry(subkey.expiresAfter), ...embedded];
  const binder = subkey.bound === 'by another key' ? (recipe.other ?? subkey.key) : primary;
  const issuer = primary.fingerprint;
  return Buffer.concat([
    packet(14, subkey.key.body),
    ...(subkey.bound === 'not at all'
      ? []
      : [signaturePacket(binder, both, { type: 0x18, created, subpackets, issuer })]),
    ...revocation(primary, both, { type: 0x28, revoked: subkey.revoked }),
  ]);
}

function revocation(
  key: WrittenKey,
  data: Buffer,
  recipe: {
    readonly type: number;
    readonly revoked: { readonly reason?: number; readonly at: number } | undefined;
  },
): readonly Buffer[] {
  if (recipe.revoked === undefined) return [];
  const { reason, at } = recipe.revoked;
  const subpackets = reason === undefined ? [] : [subpacket(29, Buffer.from([reason]))];
  return [signaturePacket(key, data, { type: recipe.type, created: at, subpackets })];
}

const expiry = (after: number | undefined): readonly Buffer[] =>
  after === undefined ? [] : [seconds(9, after)];
