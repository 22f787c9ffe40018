import type { Verb } from '../verb.ts';
import { acknowledgeVerb } from './acknowledge.ts';
import { canIVerb } from './can-i.ts';
import { completionVerb } from './completion.ts';
import { demoVerb } from './demo.ts';
import { diffVerb } from './diff.ts';
import { doctorVerb } from './doctor.ts';
import { gcVerb } from './gc.ts';
import { getVerb } from './get.ts';
import { historyVerb } from './history.ts';
import { initVerb } from './init.ts';
import { keyVerb } from './key.ts';
import { planVerb } from './plan.ts';
import { prVerb } from './pr.ts';
import { reconcileVerb } from './reconcile.ts';
import { renderVerb } from './render.ts';
import { retryVerb } from './retry.ts';
import { rollbackVerb } from './rollback.ts';
import { runVerb } from './run.ts';
import { schemaVerb } from './schema.ts';
import { signerVerb } from './signer.ts';
import { snapshotVerb } from './snapshot.ts';
import { statusVerb } from './status.ts';
import { resumeVerb, suspendVerb } from './suspend.ts';
import { traceVerb } from './trace.ts';
import { validateVerb } from './validate.ts';
import { verifyVerb } from './verify.ts';
import { whyVerb } from './why.ts';

/** Every verb of the command line, in the order in which people meet them. */
export const verbs: readonly Verb[] = [
  demoVerb,
  initVerb,
  validateVerb,
  planVerb,
  reconcileVerb,
  runVerb(() => verbs),
  statusVerb,
  getVerb,
  whyVerb,
  traceVerb,
  canIVerb,
  diffVerb,
  historyVerb,
  prVerb,
  rollbackVerb,
  snapshotVerb,
  verifyVerb,
  renderVerb,
  gcVerb,
  suspendVerb,
  resumeVerb,
  acknowledgeVerb,
  keyVerb,
  signerVerb,
  retryVerb,
  schemaVerb,
  doctorVerb,
  completionVerb(() => verbs),
];
