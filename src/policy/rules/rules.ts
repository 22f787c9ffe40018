import type { Entries } from '../entries.ts';
import type { Finding } from '../finding.ts';
import { accessFits } from './access.ts';
import { buildUpdatesFit } from './build-updates.ts';
import { buildsFit } from './builds.ts';
import {
  basesExist,
  closureChannelsExist,
  followsExists,
  followsInOrder,
  treesFit,
  updatesArrive,
} from './channels.ts';
import { freezesFit, gatesFit } from './gates.ts';
import { inboxesFit } from './inboxes.ts';
import { keyFilesAreKeys, upstreamKeysExist } from './keys.ts';
import { everythingIsThere } from './minimum.ts';
import { namesMatchFiles } from './names.ts';
import { pathsAreApart } from './paths.ts';
import { catchAllExists, noTies, policyNamesExist } from './policies.ts';
import { resultsStayApart } from './results-channels.ts';
import { specsFit } from './spec-repositories.ts';
import { holdsFit, promotionsFit, updatesFit } from './updates.ts';

/** What the files must say of each other. Each rule looks at everything and answers what it dislikes. */
export type Rule = (entries: Entries) => readonly Finding[];

export const rules: readonly Rule[] = [
  everythingIsThere,
  namesMatchFiles,
  accessFits,
  basesExist,
  treesFit,
  followsExists,
  followsInOrder,
  updatesArrive,
  closureChannelsExist,
  resultsStayApart,
  pathsAreApart,
  inboxesFit,
  specsFit,
  upstreamKeysExist,
  keyFilesAreKeys,
  catchAllExists,
  noTies,
  policyNamesExist,
  buildsFit,
  updatesFit,
  buildUpdatesFit,
  promotionsFit,
  holdsFit,
  gatesFit,
  freezesFit,
];
