import { z } from 'zod';
import type { Policy as DesiredPolicy } from '../../model/index.ts';
import { answer, glob, name, sentence, wholeNumber } from '../words.ts';
import type { PolicyDocument } from '../yaml/read-document.ts';
import { Build, normaliseBuild } from './build-block.ts';
import { header } from './header.ts';

const severities = ['Critical', 'Important', 'Moderate', 'Low', 'None'] as const;

export const Policy = z
  .strictObject({
    ...header('Policy'),
    name: name.meta({ description: 'The name of the policy; the file has the same name.' }),
    match: z
      .strictObject({
        packages: z
          .array(glob)
          .default([])
          .meta({ description: 'Globs on package names; empty matches every name.' }),
        upstreams: z
          .array(name)
          .default([])
          .meta({ description: 'Upstreams that the package comes from; empty matches all.' }),
        severity: z
          .array(z.enum(severities))
          .default([])
          .meta({ description: 'Severities of the advisory; empty matches all, and none.' }),
      })
      .prefault({})
      .meta({ description: 'Which packages this is about; everything that is given must match.' }),
    priority: wholeNumber(0, 10_000).prefault('0').meta({
      description: 'The highest wins; among equals the most specific; a tie is an error.',
    }),
    action: z.enum(['copy', 'rebuild', 'replace', 'hold', 'skip']).meta({
      description:
        "copy: take it as it is; rebuild: build its source package here; replace: the site's own source package instead; hold: keep it back for now; skip: never deliver it.",
    }),
    build: Build.optional().meta({
      description: 'With rebuild and replace: how the source package is built.',
    }),
    approvals: z.record(name, answer).default({}).meta({
      description:
        'start, build, sign or a channel → auto (the controller decides), ask (a pull request) or never; absent is ask.',
    }),
    comments: sentence.optional().meta({
      description: 'Why this policy exists; shown wherever the policy is given as reason.',
    }),
  })
  .meta({
    title: 'Policy',
    description: 'policies/<name>.yaml: what is done with which packages.',
  });
export type Policy = z.output<typeof Policy>;

export function normalisePolicy(policy: Policy, document: PolicyDocument): DesiredPolicy {
  const isBuilt = policy.action === 'rebuild' || policy.action === 'replace';
  const build = policy.build ?? (isBuilt ? Build.parse({}) : undefined);
  return {
    name: policy.name,
    match: policy.match,
    priority: policy.priority,
    action: policy.action,
    ...(build === undefined ? {} : { build: normaliseBuild(build) }),
    approvals: policy.approvals,
    ...(policy.comments === undefined ? {} : { comments: policy.comments }),
    at: document.placeOf(['name']),
  };
}
