import { z } from 'zod';
import type { HoldFile } from '../../model/index.ts';
import { name, sentence, sha256, updateId } from '../words.ts';
import type { PolicyDocument } from '../yaml/read-document.ts';
import { header } from './header.ts';
import { nevra } from './nevra.ts';

const Package = z.strictObject({
  nevra: nevra.meta({ description: 'What people call it: name-[epoch:]version-release.arch.' }),
  sha256: sha256.meta({ description: 'The digest that stays out of the channel.' }),
});

export const Hold = z
  .strictObject({
    ...header('Hold'),
    channel: name.meta({ description: 'The channel it is kept out of; the folder has its name.' }),
    update: updateId.optional().meta({ description: 'The update that was rolled back.' }),
    reason: sentence.meta({ description: 'Why it must not come back by itself.' }),
    packages: z
      .array(Package)
      .min(1, 'expected at least one package')
      .meta({ description: 'The packages that stay out, by digest.' }),
  })
  .meta({
    title: 'Hold',
    description:
      'holds/<channel>/<slug>.yaml: what must not come back by itself; deleting the file lifts it.',
  });
export type Hold = z.output<typeof Hold>;

export function normaliseHold(hold: Hold, document: PolicyDocument): HoldFile {
  return {
    channel: hold.channel,
    file: document.file,
    ...(hold.update === undefined ? {} : { update: hold.update }),
    reason: hold.reason,
    packages: hold.packages,
    at: document.placeOf(['channel']),
  };
}
