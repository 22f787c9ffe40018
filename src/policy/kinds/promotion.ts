import { z } from 'zod';
import type { Promotion as DesiredPromotion } from '../../model/index.ts';
import { name, sentence, updateId } from '../words.ts';
import type { PolicyDocument } from '../yaml/read-document.ts';
import { header } from './header.ts';

const Tested = z.strictObject({
  by: sentence.meta({ description: 'Who tried it.' }),
  at: sentence.meta({ description: 'When, as a day or an instant.' }),
  evidence: sentence.optional().meta({ description: 'Where the results are.' }),
});

export const Promotion = z
  .strictObject({
    ...header('Promotion'),
    update: updateId.meta({ description: 'The id of the update.' }),
    channel: name.meta({ description: 'The channel it goes to; the folder has the same name.' }),
    tested: Tested.optional().meta({ description: 'Who tested it, for the record.' }),
  })
  .meta({
    title: 'Promotion',
    description:
      'promotions/<channel>/<slug>.yaml: adding the file promotes, deleting it rolls back.',
  });
export type Promotion = z.output<typeof Promotion>;

export function normalisePromotion(
  promotion: Promotion,
  document: PolicyDocument,
): DesiredPromotion {
  const { tested } = promotion;
  return {
    update: promotion.update,
    channel: promotion.channel,
    file: document.file,
    ...(tested === undefined
      ? {}
      : {
          tested: {
            by: tested.by,
            at: tested.at,
            ...(tested.evidence === undefined ? {} : { evidence: tested.evidence }),
          },
        }),
    at: document.placeOf(['update']),
  };
}
