import { Fault, nevraText, type Sha256, type Weakness } from '../../model/index.ts';
import { type Inspection, judgePackage } from '../../rpm/index.ts';
import type { Examining } from './job.ts';

/** A package whose bytes are right: may it enter? */
export type Judgement =
  | { readonly kind: 'accepted'; readonly excused: readonly Excuse[] }
  | { readonly kind: 'refused'; readonly fault: Fault };

export interface Excuse {
  readonly sha256: Sha256;
  readonly weakness: Weakness;
}

/** The signature rules of the upstream, then its rules on header tags. */
export function judgement(sync: Examining, inspection: Inspection): Judgement {
  const { require, exceptions } = sync.upstream;
  const verdict = judgePackage(inspection, sync.keyring, {
    required: require.packageSignatures,
    exceptions,
    now: sync.now,
    metadataPinned: require.metadataSignature,
  });
  if (verdict.kind === 'refused') return verdict;
  const fault = wrongTag(sync, inspection);
  if (fault !== undefined) return { kind: 'refused', fault };
  const { sha256 } = inspection;
  return {
    kind: 'accepted',
    excused: verdict.excused.map((weakness) => ({ sha256, weakness })),
  };
}

function wrongTag({ upstream }: Examining, { detail }: Inspection): Fault | undefined {
  for (const tag of ['vendor', 'packager'] as const) {
    const accepted = upstream.verifyTags[tag];
    if (accepted === undefined || accepted.includes(detail[tag])) continue;
    return new Fault('PackageTagRefused', {
      object: nevraText(detail),
      check: `header tag ${tag}`,
      expected: accepted.join(' or '),
      found: detail[tag] === '' ? 'nothing' : detail[tag],
      fix: `Add it to verifyTags.${tag} of upstream ${upstream.name} if these packages are expected.`,
      at: upstream.at,
    });
  }
  return undefined;
}
