import { z } from 'zod';
import type { Channel as DesiredChannel } from '../../model/index.ts';
import {
  fingerprint,
  instant,
  name,
  publishedPath,
  snapshotId,
  wholeNumber,
  yesOrNo,
} from '../words.ts';
import type { PolicyDocument } from '../yaml/read-document.ts';
import { Gates, normaliseGates, normaliseWaivers, Waivers } from './gates.ts';
import { header } from './header.ts';

const Base = z.strictObject({
  upstream: name.meta({ description: 'The upstream whose snapshot the channel starts from.' }),
  snapshot: snapshotId.optional().meta({
    description: 'The pinned snapshot; left out until the bootstrap proposal fills it in.',
  }),
  taken: instant
    .optional()
    .meta({ description: 'When that snapshot was taken; for people, the digest is what counts.' }),
  advance: z.enum(['updates', 'snapshot']).default('updates').meta({
    description: 'updates: changes arrive as updates; snapshot: only by moving this pin.',
  }),
});

/** Two words, or a fingerprint as `fingerprint` takes it. */
const packageSigning = z.union([z.enum(['keep', 'unsigned']), fingerprint], {
  error: 'expected keep, unsigned or a full fingerprint of 40 hex digits',
});

const Sign = z.strictObject({
  metadata: fingerprint.optional().meta({
    description: "Full fingerprint of the key that signs repomd.xml; default the site's only key.",
  }),
  next: fingerprint.optional().meta({
    description:
      'Full fingerprint of the key that signs later: published now, one generation before.',
  }),
  packages: packageSigning.default('keep').meta({
    description:
      "Full fingerprint of the key that signs every package; or keep: packages keep the vendor's signatures; or unsigned: also what was built here is served unsigned, and clients are told so.",
  }),
});

const Pin = z.strictObject({
  generation: wholeNumber(1, 1_000_000_000).meta({ description: 'The number to go back to.' }),
  digest: snapshotId.meta({ description: 'The content of that generation.' }),
});

export const Channel = z
  .strictObject({
    ...header('Channel'),
    name: name.meta({ description: 'The name of the channel; the file has the same name.' }),
    path: publishedPath.meta({
      description: 'Published at <site url>/<path>/<tree>/; no channel lies inside another.',
    }),
    trees: z
      .array(name)
      .min(1, 'expected at least one tree')
      .meta({ description: 'The repositories of this channel: x86_64, aarch64, source, debug.' }),
    base: z
      .array(Base)
      .min(1, 'expected at least one entry')
      .meta({ description: 'The snapshots that the channel starts from; earlier entries win.' }),
    follows: name.optional().meta({
      description: 'The channel in which an update must be before it may come here.',
    }),
    takes: z.enum(['updates', 'results']).default('updates').meta({
      description:
        'updates: what was decided; results: for later builds only, what was built here as soon as it is, before anybody signs it.',
    }),
    keep: z
      .string()
      .refine((t) => t === 'all' || /^[1-9][0-9]{0,3}$/.test(t), 'expected a number from 1, or all')
      .transform((t): number | 'all' => (t === 'all' ? 'all' : Number(t)))
      .meta({ editor: { anyOf: [{ type: 'integer', minimum: 1 }, { const: 'all' }] } })
      .prefault('2')
      .meta({
        description: 'Newest versions per name and arch that are served, or all; default 2.',
      }),
    gates: Gates.prefault({}).meta({ description: 'What must be true before something enters.' }),
    waivers: Waivers.default([]).meta({
      description: 'Gates that are open for some content, for a time and with a reason.',
    }),
    sign: Sign.prefault({}).meta({ description: 'Which keys sign what.' }),
    compression: z
      .enum(['gz', 'zst'])
      .default('gz')
      .meta({ description: 'What the clients of this channel can read; gz by default.' }),
    private: yesOrNo.prefault('false').meta({
      description:
        'true: whoever may read this channel reaches its own packages and no others of this site.',
    }),
    pin: Pin.optional().meta({
      description: 'Written by `sluice rollback --to`: serve exactly this until it is removed.',
    }),
  })
  .meta({ title: 'Channel', description: 'channels/<name>.yaml: what machines consume.' });
export type Channel = z.output<typeof Channel>;

export function normaliseChannel(channel: Channel, document: PolicyDocument): DesiredChannel {
  return {
    name: channel.name,
    path: channel.path,
    trees: channel.trees,
    base: channel.base.map((entry, i) => ({
      upstream: entry.upstream,
      ...(entry.snapshot === undefined ? {} : { snapshot: entry.snapshot }),
      ...(entry.taken === undefined ? {} : { taken: entry.taken }),
      advance: entry.advance,
      at: document.placeOf(['base', i]),
    })),
    ...(channel.follows === undefined ? {} : { follows: channel.follows }),
    ...(channel.takes === 'results' ? { takes: channel.takes } : {}),
    keep: channel.keep,
    gates: normaliseGates(channel.gates),
    ...(channel.waivers.length === 0
      ? {}
      : { waivers: normaliseWaivers(channel.waivers, document) }),
    sign: {
      ...(channel.sign.metadata === undefined ? {} : { metadata: channel.sign.metadata }),
      packages: channel.sign.packages,
      ...(channel.sign.next === undefined ? {} : { next: channel.sign.next }),
    },
    compression: channel.compression,
    ...(channel.private ? { private: true } : {}),
    ...(channel.pin === undefined
      ? {}
      : { pin: { ...channel.pin, at: document.placeOf(['pin']) } }),
    at: document.placeOf(['name']),
  };
}
