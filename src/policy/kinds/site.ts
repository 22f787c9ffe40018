import { z } from 'zod';
import type { Site as DesiredSite } from '../../model/index.ts';
import { checkSiteUrl } from '../addresses.ts';
import { name } from '../words.ts';
import type { PolicyDocument } from '../yaml/read-document.ts';
import { header } from './header.ts';

export const Site = z
  .strictObject({
    ...header('Site'),
    name: name.meta({
      description: 'The name of this site; it is part of state directories and .repo files.',
    }),
    url: z
      .string()
      .transform((text, ctx) => {
        const verdict = checkSiteUrl(text);
        if ('url' in verdict) return verdict.url;
        ctx.addIssue({ code: 'custom', message: verdict.problem });
        return z.NEVER;
      })
      .meta({
        description: 'Where machines find the published repositories: http(s)://host[/path].',
      }),
    trust: z
      .strictObject({
        mode: z.enum(['open', 'keys', 'forge']).meta({
          description:
            'open: whoever can push to the policy repository decides; keys: every commit is signed by somebody whom access.yaml allows it; forge: every commit is the merge of a pull request that people whom access.yaml allows it approved (GitHub, Gitea).',
        }),
      })
      .default({ mode: 'open' })
      .meta({ description: 'Whose commits count.' }),
  })
  .meta({ title: 'Site', description: 'sluice.yaml: the site itself.' });
export type Site = z.output<typeof Site>;

export function normaliseSite(site: Site, document: PolicyDocument): DesiredSite {
  return {
    name: site.name,
    url: site.url,
    trust: site.trust.mode,
    at: document.placeOf(['name']),
  };
}
