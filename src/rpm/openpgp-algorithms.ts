import type { Weakness } from '../model/index.ts';

interface HashAlgorithm {
  /** As people write it. */
  readonly label: string;
  /** As node:crypto calls it. */
  readonly name: string;
  /** DER of the DigestInfo before the digest (RFC 8017, section 9.2, note 1). */
  readonly prefix: string;
  readonly weakness?: Weakness;
}

/** Hash algorithms that can be verified, by OpenPGP id. RIPEMD-160 and SHA-3 are refused by name. */
export const hashAlgorithms: Readonly<Record<number, HashAlgorithm>> = {
  1: {
    label: 'MD5',
    name: 'md5',
    prefix: '3020300c06082a864886f70d020505000410',
    weakness: 'md5',
  },
  2: { label: 'SHA-1', name: 'sha1', prefix: '3021300906052b0e03021a05000414', weakness: 'sha1' },
  8: { label: 'SHA-256', name: 'sha256', prefix: '3031300d060960864801650304020105000420' },
  9: { label: 'SHA-384', name: 'sha384', prefix: '3041300d060960864801650304020205000430' },
  10: { label: 'SHA-512', name: 'sha512', prefix: '3051300d060960864801650304020305000440' },
  11: { label: 'SHA-224', name: 'sha224', prefix: '302d300d06096086480165030402040500041c' },
};

const keyAlgorithmLabels: Readonly<Record<number, string>> = {
  1: 'RSA',
  2: 'RSA for encryption',
  3: 'RSA',
  16: 'ElGamal',
  17: 'DSA',
  18: 'ECDH',
  19: 'ECDSA',
  22: 'EdDSA',
  25: 'X25519',
  26: 'X448',
  27: 'Ed25519 (RFC 9580)',
  28: 'Ed448',
};

export function keyAlgorithmLabel(algorithm: number): string {
  return keyAlgorithmLabels[algorithm] ?? `public-key algorithm ${algorithm}`;
}

export function hashAlgorithmLabel(algorithm: number): string {
  const others: Readonly<Record<number, string>> = {
    3: 'RIPEMD-160',
    12: 'SHA3-256',
    14: 'SHA3-512',
  };
  return hashAlgorithms[algorithm]?.label ?? others[algorithm] ?? `hash algorithm ${algorithm}`;
}

/** RSA keys below this are a weakness. */
export const minimumRsaBits = 2048;
