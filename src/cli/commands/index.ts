import type { ListedVerb } from '../verb.ts';

/** Every verb of the command line, in the order in which people meet them. Those that nobody calls are not loaded. */
export const verbs: readonly ListedVerb[] = [
  {
    name: 'demo',
    summary: 'the whole story on this machine, from nothing: mirror, promote, install, revert',
    load: async () => (await import('./demo.ts')).demoVerb,
  },
  {
    name: 'init',
    summary:
      'write a small, working policy repository (or take one that is there) and make its state directory and signing key',
    load: async () => (await import('./init.ts')).initVerb,
  },
  {
    name: 'validate',
    summary: 'every finding in the policy files at once, with place, code and fix',
    load: async () => (await import('./validate.ts')).validateVerb,
  },
  {
    name: 'plan',
    summary: 'what would be done and what is held, with reasons',
    load: async () => (await import('./plan.ts')).planVerb,
  },
  {
    name: 'reconcile',
    summary: 'make what is published what the policy repository says; mirrors what is due',
    load: async () => (await import('./reconcile.ts')).reconcileVerb,
  },
  {
    name: 'run',
    summary: 'the controller: schedules, HTTP server, dashboard; until interrupted',
    load: async () => (await import('./run.ts')).runVerb(() => verbs),
  },
  {
    name: 'status',
    summary: 'channels, upstreams, open proposals and everything that is held, with reasons',
    load: async () => (await import('./status.ts')).statusVerb,
  },
  {
    name: 'get',
    summary: 'lists of one kind, or one object by its name',
    load: async () => (await import('./get.ts')).getVerb,
  },
  {
    name: 'why',
    summary: 'why a channel serves a package, or does not: policy line, pin, promotion, hold, gate',
    load: async () => (await import('./why.ts')).whyVerb,
  },
  {
    name: 'trace',
    summary:
      'follow a package back: generation, commit, pull request, signature, upstream metadata',
    load: async () => (await import('./trace.ts')).traceVerb,
  },
  {
    name: 'can-i',
    summary: 'may this person decide that? The rule that says so, its place, and who else could',
    load: async () => (await import('./can-i.ts')).canIVerb,
  },
  {
    name: 'diff',
    summary:
      'packages, advisories and closure between two channels, generations, snapshots or commits',
    load: async () => (await import('./diff.ts')).diffVerb,
  },
  {
    name: 'history',
    summary: 'generations of a channel with commit, time and what entered',
    load: async () => (await import('./history.ts')).historyVerb,
  },
  {
    name: 'pr',
    summary: 'the proposals: list, show, comment, approve, merge, close',
    load: async () => (await import('./pr.ts')).prVerb,
  },
  {
    name: 'rollback',
    summary: 'pin a channel to what it served in an earlier generation, as a commit',
    load: async () => (await import('./rollback.ts')).rollbackVerb,
  },
  {
    name: 'snapshot',
    summary: 'immutable contents: list, show, verify, import from another installation',
    load: async () => (await import('./snapshot.ts')).snapshotVerb,
  },
  {
    name: 'verify',
    summary: 'read back everything that is served and compare it with what was recorded',
    load: async () => (await import('./verify.ts')).verifyVerb,
  },
  {
    name: 'render',
    summary: "make a generation's metadata again from its record, anywhere, and compare",
    load: async () => (await import('./render.ts')).renderVerb,
  },
  {
    name: 'gc',
    summary: 'remove what nothing names any more; what stays, and why',
    load: async () => (await import('./gc.ts')).gcVerb,
  },
  {
    name: 'suspend',
    summary: 'stop acting on an upstream, a channel or the policy until it is resumed',
    load: async () => (await import('./suspend.ts')).suspendVerb,
  },
  {
    name: 'resume',
    summary: 'act again on what was suspended',
    load: async () => (await import('./suspend.ts')).resumeVerb,
  },
  {
    name: 'acknowledge',
    summary:
      'accept what halted the controller: rewritten history, an upstream that went backwards, a foreign log, a clock that jumped, a promotion that differs from its review, the end of what no channel serves any more',
    load: async () => (await import('./acknowledge.ts')).acknowledgeVerb,
  },
  {
    name: 'key',
    summary: 'list the signing keys of this site, make another one, or move the end of one',
    load: async () => (await import('./key.ts')).keyVerb,
  },
  {
    name: 'signer',
    summary:
      'the signing process: holds the keys and signs what accepted commits say; until interrupted',
    load: async () => (await import('./signer.ts')).signerVerb,
  },
  {
    name: 'retry',
    summary: 'build again what failed or ended well, from the same inputs',
    load: async () => (await import('./retry.ts')).retryVerb,
  },
  {
    name: 'schema',
    summary: 'print the JSON Schema of a kind of policy file',
    load: async () => (await import('./schema.ts')).schemaVerb,
  },
  {
    name: 'doctor',
    summary: 'check the environment and print the command that mends each problem',
    load: async () => (await import('./doctor.ts')).doctorVerb,
  },
  {
    name: 'completion',
    summary: 'print a completion script for bash or zsh',
    load: async () => (await import('./completion.ts')).completionVerb(() => verbs),
  },
];
