/**
 * One pass = watch, read, look, plan, do. Repeats passes until one changes nothing; decides nothing itself (the planner
 * does) and touches the world only through ports.
 */

export { readingAhead } from './assemble-step.ts';
export { buildLog } from './builds/build-log.ts';
export { type BuildQueue, type BuildQueueOptions, buildQueue } from './builds/build-queue.ts';
export { endInterruptedBuilds } from './builds/interrupted-builds.ts';
export { type ByChannel, closureBetween } from './closure-between.ts';
export { type Collected, collectGarbage } from './collect-garbage.ts';
export { type GarbageKind, garbageKinds } from './garbage.ts';
export { type GarbageItem, garbageReport } from './garbage-report.ts';
export { catchUpLog, restoreFromLog } from './generation-log.ts';
export { handlers } from './handlers.ts';
export { type HookReceiver, type HookRequest, hookReceiver } from './hooks.ts';
export { type Imported, importSnapshot } from './import-snapshot.ts';
export { type Installation, installation } from './installation.ts';
export { isoTime } from './iso-time.ts';
export { type PassReport, pass, planStage, planWorld } from './pass.ts';
export { policyInForce } from './policy-in-force.ts';
export { type ReadResult, readPolicyAt } from './read-policy-at.ts';
export { readerLeases } from './reader-leases.ts';
export { exitOf, reconcile, reconcileWithBuilds, type Turn } from './reconcile.ts';
export { removalsSince } from './removals.ts';
export {
  defaultRenderDirectory,
  type Rendered,
  render,
} from './render.ts';
export { type Response, type RouteView, route, routeHook } from './routes.ts';
export type { Followed, SignerView } from './signing/authorised.ts';
export { type AuditLine, signingService } from './signing/signing-service.ts';
export { status } from './status.ts';
export { type Trace, type TraceQuestion, trace } from './trace.ts';
export type { TracedDecision } from './trace-decisions.ts';
export type { TracedSignature } from './trace-signature.ts';
export { type Verification, verify } from './verify.ts';
