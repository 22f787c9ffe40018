import { z } from 'zod';
import type { Upstream as DesiredUpstream } from '../../model/index.ts';
import { checkGitUrl, checkUpstreamUrl } from '../addresses.ts';
import {
  address,
  cron,
  day,
  duration,
  glob,
  keyPath,
  name,
  sentence,
  size,
  yesOrNo,
} from '../words.ts';
import type { PolicyDocument } from '../yaml/read-document.ts';
import { header } from './header.ts';
import { SpecBranch } from './spec-branch.ts';

const defaultMaxPackage = '4GiB';

const Exception = z.strictObject({
  allow: z
    .enum([
      'sha1',
      'md5',
      'dsa',
      'short-rsa',
      'expired-key',
      'unsigned',
      'inline-metadata-signature',
    ])
    .meta({ description: 'The weakness that is let through.' }),
  packages: z.array(glob).min(1, 'expected at least one glob').optional().meta({
    description: 'Globs on package names; without it the exception is for every package.',
  }),
  until: day.meta({ description: 'The last day on which it counts, in UTC.' }),
  reason: sentence.meta({ description: 'Why it is needed; it is shown with every use.' }),
});

const isGitOnly = (url: string): boolean => /^ssh:/i.test(url);

/** What it is decides which addresses it may have; that of a git repository is judged with the layout. */
const place = z.string().transform((text, ctx) => {
  const verdict = isGitOnly(text) ? checkGitUrl(text) : checkUpstreamUrl(text);
  if ('url' in verdict) return verdict.url;
  ctx.addIssue({ code: 'custom', message: verdict.problem });
  return z.NEVER;
});

export const Upstream = z
  .strictObject({
    ...header('Upstream'),
    name: name.meta({ description: 'The name of the upstream; the file has the same name.' }),
    url: place.meta({
      description:
        'The folder above repodata/: http(s)://, file:/// or an absolute directory; of specs a git repository, also ssh://.',
    }),
    mirrors: z.array(address).default([]).meta({
      description: 'Other addresses of the same repository; the newest that passes counts.',
    }),
    tree: name.meta({
      description: 'The tree of a channel that its packages enter: x86_64, aarch64, source, debug.',
    }),
    layout: z.enum(['yum', 'inbox', 'spec']).prefault('yum').meta({
      description:
        'yum: a repository with repodata/; inbox: a local directory of packages that people put there; spec: specs in a git repository, packed here.',
    }),
    git: SpecBranch.optional().meta({ description: 'Of layout spec: what of the repository.' }),
    keys: z
      .array(keyPath)
      .default([])
      .meta({ description: 'Public keys of the vendor in this repository; no other key counts.' }),
    require: z
      .strictObject({
        metadataSignature: yesOrNo.prefault('true').meta({
          description: 'Must repomd.xml, or each commit of specs, be signed by one of the keys?',
        }),
        packageSignatures: yesOrNo.prefault('true').meta({
          description:
            'Must every package be signed by one of the keys? false skips signatures, never digests.',
        }),
      })
      .prefault({})
      .meta({ description: 'Which signatures must be there; both by default.' }),
    exceptions: z
      .array(Exception)
      .default([])
      .meta({ description: 'Weak or missing signatures that are let through, for a time.' }),
    schedule: cron.optional().meta({
      description: 'When to look for news: five cron fields in UTC; without it on demand.',
    }),
    include: z.array(glob).default([]).meta({
      description: 'Globs on names or NEVRAs; when there are any, nothing else is taken.',
    }),
    exclude: z
      .array(glob)
      .default([])
      .meta({ description: 'Globs on names or NEVRAs that are left out.' }),
    verifyTags: z
      .strictObject({
        vendor: z
          .array(sentence)
          .optional()
          .meta({ description: 'Accepted values of the Vendor tag of packages.' }),
        packager: z
          .array(sentence)
          .optional()
          .meta({ description: 'Accepted values of the Packager tag of packages.' }),
      })
      .default({})
      .meta({ description: 'What the header of every package must say.' }),
    limits: z
      .strictObject({
        maxAge: duration
          .optional()
          .meta({ description: 'Report the upstream when its metadata is older than this.' }),
        maxPackageSize: size
          .prefault(defaultMaxPackage)
          .meta({ description: 'Larger packages are refused; 4GiB by default.' }),
      })
      .prefault({})
      .meta({ description: 'Bounds on what the upstream may offer.' }),
  })
  .refine((u) => u.git === undefined || u.layout === 'spec', {
    path: ['git'],
    error: 'belongs to layout: spec',
  })
  .meta({
    title: 'Upstream',
    description: 'upstreams/<name>.yaml: a repository that is mirrored.',
  });
export type Upstream = z.output<typeof Upstream>;

export function normaliseUpstream(upstream: Upstream, document: PolicyDocument): DesiredUpstream {
  const { vendor, packager } = upstream.verifyTags;
  const { maxAge, maxPackageSize } = upstream.limits;
  return {
    name: upstream.name,
    url: upstream.url,
    ...(upstream.mirrors.length === 0 ? {} : { mirrors: upstream.mirrors }),
    tree: upstream.tree,
    ...layoutOf(upstream),
    keys: upstream.keys,
    require: requireOf(upstream),
    exceptions: upstream.exceptions.map(({ packages, ...rest }) => ({
      ...rest,
      ...(packages === undefined ? {} : { packages }),
    })),
    ...(upstream.schedule === undefined ? {} : { schedule: upstream.schedule }),
    include: upstream.include,
    exclude: upstream.exclude,
    verifyTags: {
      ...(vendor === undefined ? {} : { vendor }),
      ...(packager === undefined ? {} : { packager }),
    },
    limits: {
      ...(maxAge === undefined ? {} : { maxAgeSeconds: maxAge }),
      maxPackageBytes: maxPackageSize,
    },
    at: document.placeOf(['name']),
  };
}

function layoutOf({ layout, git, url }: Upstream): Partial<DesiredUpstream> {
  if (layout === 'yum') return {};
  if (layout === 'inbox') return { layout };
  const { branch, tag, directories, sshKeys, lookaside, rewrites } = git ?? SpecBranch.parse({});
  const ref = tag === undefined ? `refs/heads/${branch ?? 'main'}` : `refs/tags/${tag}`;
  const where = { ref, directories, sshKeys, rewrites };
  return {
    ...{ layout, url: url.replace(/(?!^)\/$/, '') },
    git: { ...where, ...(lookaside === undefined ? {} : { lookaside }) },
  };
}

/**
 * Nobody signs a directory: its packages are trusted one by one, or whoever can write there is. Packages that are packed
 * here are as good as the commit that they are from.
 */
function requireOf({ layout, require }: Upstream): DesiredUpstream['require'] {
  if (layout === 'inbox') return { ...require, metadataSignature: false };
  return layout === 'spec' ? { ...require, packageSignatures: false } : require;
}
