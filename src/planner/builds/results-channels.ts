import type { Channel } from '../../model/index.ts';
import type { Context } from '../world.ts';

/** What was built here is in it as soon as it is built, for later builds; no machine takes anything from it. */
export const feedsBuilds = ({ takes }: Pick<Channel, 'takes'>): boolean => takes === 'results';

/** Channels that machines install from. */
export const machineChannels = ({ desired }: Pick<Context, 'desired'>): readonly Channel[] =>
  [...desired.channels.values()].filter((c) => !feedsBuilds(c));
