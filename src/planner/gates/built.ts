import { type Hold, nevraText } from '../../model/index.ts';
import { feedsBuilds } from '../builds/results-channels.ts';
import { servesBuiltUnsigned } from '../package-signing.ts';
import { type Entering, holdOf, type Judging, placeOf } from './judging.ts';

/** What was built here enters a channel that signs it, or one that says that it serves unsigned packages. */
export function gateBuilt(judging: Judging, { unit, judged }: Entering): Hold | undefined {
  const [first] = judged;
  const { channel } = judging;
  if (unit.kind === 'base' || !unit.update.build) return undefined;
  if (unit.update.build.unsigned && !feedsBuilds(channel)) {
    return holdOf(judging, unit.name, {
      code: 'BuiltUnsigned',
      text: `what was built for ${unit.update.id} is pinned for later builds only`,
      awaits: 'a merge of the proposal to sign it',
      ...placeOf(unit),
    });
  }
  if (first === undefined) return undefined;
  if (!servesBuiltUnsigned(channel)) return undefined;
  return holdOf(judging, unit.name, {
    code: 'BuiltUnsigned',
    text: `${nevraText(first)} was built here and has no signature, and ${channel.name} signs no packages`,
    awaits: `sign.packages: <fingerprint> (or unsigned) in ${channel.at.file}`,
    ...placeOf(unit),
  });
}
