import type { z } from 'zod';
import type { PolicyDocument } from '../yaml/read-document.ts';
import type { ScanLimits } from '../yaml/scan.ts';
import { Access, normaliseAccess } from './access.ts';
import { Channel, normaliseChannel } from './channel.ts';
import { Freeze, normaliseFreeze } from './freeze.ts';
import { Hold, normaliseHold } from './hold.ts';
import { normalisePolicy, Policy } from './policy.ts';
import { normalisePromotion, Promotion } from './promotion.ts';
import { normaliseSite, Site } from './site.ts';
import { normaliseUpdate, Update } from './update.ts';
import { normaliseUpstream, Upstream } from './upstream.ts';

/** Written by people: far above what anybody writes, far below what costs time. */
const byHand: ScanLimits = { maxBytes: 256 * 1024, maxKeys: 5_000, maxTokens: 60_000 };
/** Written by the controller: an update of a distribution's point release lists thousands of packages. */
const generated: ScanLimits = { maxBytes: 2 * 1024 * 1024, maxKeys: 50_000, maxTokens: 600_000 };

/** Every kind of file that is read: where it stands, its schema and its bounds. */
export const kinds = {
  Site: kind('Site', {
    where: 'sluice.yaml',
    schema: Site,
    limits: byHand,
    normalise: normaliseSite,
  }),
  Access: kind('Access', {
    where: 'access.yaml',
    schema: Access,
    limits: byHand,
    normalise: normaliseAccess,
  }),
  Upstream: kind('Upstream', {
    where: 'upstreams/<name>.yaml',
    schema: Upstream,
    limits: byHand,
    normalise: normaliseUpstream,
  }),
  Policy: kind('Policy', {
    where: 'policies/<name>.yaml',
    schema: Policy,
    limits: byHand,
    normalise: normalisePolicy,
  }),
  Channel: kind('Channel', {
    where: 'channels/<name>.yaml',
    schema: Channel,
    limits: byHand,
    normalise: normaliseChannel,
  }),
  Update: kind('Update', {
    where: 'updates/<slug>.yaml',
    schema: Update,
    limits: generated,
    normalise: normaliseUpdate,
  }),
  Promotion: kind('Promotion', {
    where: 'promotions/<channel>/<slug>.yaml',
    schema: Promotion,
    limits: byHand,
    normalise: normalisePromotion,
  }),
  Hold: kind('Hold', {
    where: 'holds/<channel>/<slug>.yaml',
    schema: Hold,
    limits: generated,
    normalise: normaliseHold,
  }),
  Freeze: kind('Freeze', {
    where: 'freezes/<name>.yaml',
    schema: Freeze,
    limits: byHand,
    normalise: normaliseFreeze,
  }),
} as const;

export type Kind = keyof typeof kinds;
export const kindNames: readonly Kind[] = [
  'Site',
  'Access',
  'Upstream',
  'Policy',
  'Channel',
  'Update',
  'Promotion',
  'Hold',
  'Freeze',
];

type Read<K extends Kind> = ReturnType<(typeof kinds)[K]['read']>;
/** One file, understood. */
export type Entry = Extract<{ [K in Kind]: Read<K> }[Kind], { readonly kind: string }>;

interface KindParts<S extends z.ZodType, V> {
  readonly where: string;
  readonly schema: S;
  readonly limits: ScanLimits;
  readonly normalise: (data: z.output<S>, document: PolicyDocument) => V;
}

type Issues = { readonly issues: readonly z.core.$ZodIssue[] };

function kind<const K extends string, S extends z.ZodType, V>(name: K, parts: KindParts<S, V>) {
  const read = (document: PolicyDocument): { readonly kind: K; readonly value: V } | Issues => {
    const parsed = parts.schema.safeParse(document.value);
    return parsed.success
      ? { kind: name, value: parts.normalise(parsed.data, document) }
      : { issues: parsed.error.issues };
  };
  return { where: parts.where, schema: parts.schema, limits: parts.limits, read };
}
