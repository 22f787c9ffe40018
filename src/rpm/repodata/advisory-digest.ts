import { type Advisory, canonicalDigest, type Sha256 } from '../../model/index.ts';

/** The name of an advisory's revision: the digest of everything it says. */
export function advisoryDigest(advisory: Advisory): Sha256 {
  return canonicalDigest(advisory);
}

/** The digest without dates and push counter: when only those change, it is no new revision. */
export function advisorySubstance(advisory: Advisory): Sha256 {
  return canonicalDigest({ ...advisory, issued: '', updated: '', pushcount: '' });
}
