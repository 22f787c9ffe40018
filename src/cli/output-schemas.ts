import { z } from 'zod';
import { garbageKinds } from '../controller/index.ts';
import {
  commit,
  fault,
  finding,
  hold,
  place,
  reason,
  seconds,
  sha256,
  snapshotId,
} from './output-shapes.ts';

/**
 * What the JSON answers of the verbs look like, by their `kind`. Programs rely on it: keys may be added, never renamed
 * or removed. `schemas/output/` is generated from here, and the journeys check every answer they get.
 */
const explainedPolicies = z.strictObject({
  upstream: z.string(),
  /** The source package whose policy decides, where it is built here. */
  source: z.string().optional(),
  matches: z.array(
    z.strictObject({
      policy: z.string(),
      action: z.string(),
      wins: z.boolean(),
      because: z.string(),
      at: place,
    }),
  ),
  fields: z.array(
    z.strictObject({ field: z.string(), value: z.string(), policy: z.string(), at: place }),
  ),
});

const step = z.looseObject({ id: sha256, kind: z.string(), why: reason });

const generation = z.looseObject({
  v: z.literal(1),
  channel: z.string(),
  number: z.int().min(1),
  commit,
  acceptedHead: commit,
  revision: seconds,
  time: seconds,
  content: snapshotId,
  compression: z.enum(['gz', 'zst']),
  keys: z.array(z.string()),
});

const proposal = z.looseObject({
  number: z.int().min(1),
  identity: z.string(),
  branch: z.string(),
  title: z.string(),
  body: z.string(),
  state: z.enum(['open', 'merged', 'closed']),
  deltaDigest: sha256,
  head: commit,
  edited: z.boolean(),
});

const comment = z.strictObject({
  id: z.string(),
  number: z.int().min(1),
  person: z.string(),
  forge: z.enum(['github', 'gitea']).optional(),
  text: z.string(),
  at: seconds,
  edited: z.boolean(),
  page: z.string().optional(),
  answer: z.string().optional(),
});

const packageRow = z.looseObject({ tree: z.string(), name: z.string(), sha256 });
const said = z.strictObject({ text: z.string() });

const channelStatus = z.strictObject({
  name: z.string(),
  generation: z.int().optional(),
  published: z.string().optional(),
  packages: z.int(),
  commit: commit.optional(),
  url: z.string(),
  waiting: z.int(),
  sizes: z.array(z.strictObject({ generation: z.int(), packages: z.int() })),
});

const upstreamStatus = z.strictObject({
  name: z.string(),
  packages: z.int().optional(),
  snapshot: snapshotId.optional(),
  taken: z.string().optional(),
  refused: z.int(),
  fault: fault.optional(),
});

const tracedChannel = z.strictObject({
  channel: z.string(),
  tree: z.string(),
  serves: z.boolean(),
  admittedAt: seconds,
  generations: z.array(z.int().min(1)),
  unknown: z.array(z.int().min(1)),
});

const tracedDecision = z.strictObject({
  path: z.string(),
  kind: z.enum(['update', 'promotion', 'hold', 'base']),
  change: z.enum(['added', 'changed', 'deleted']),
  channel: z.string().optional(),
  commit,
  author: z.string(),
  time: seconds,
  subject: z.string(),
  proposal: z
    .strictObject({
      number: z.int().min(1),
      title: z.string(),
      state: z.enum(['open', 'merged', 'closed']),
      approvals: z.array(z.strictObject({ person: z.string(), at: seconds })),
    })
    .optional(),
});

const tracedSignature = z.strictObject({
  state: z.enum(['counts', 'not required', 'refused', 'bytes missing', 'no upstream']),
  upstream: z.string().optional(),
  signedBy: z.string().optional(),
  keyFile: z.string().optional(),
  excused: z.array(z.string()),
  because: z.string().optional(),
});

const tracedSnapshot = z.strictObject({
  upstream: z.string(),
  snapshot: snapshotId,
  url: z.string().optional(),
  takenAt: seconds.optional(),
  repomd: sha256.optional(),
  metadataSignedBy: z.string().optional(),
  packedFrom: z.string().optional(),
  excused: z.array(z.string()),
});

const garbageItem = z.strictObject({
  kind: z.enum(garbageKinds),
  name: z.string(),
  sizeBytes: z.int().min(0),
});

/** Data of an answer (without `apiVersion` and `kind`), by kind. */
export const outputs = {
  PlanReport: z.strictObject({
    policy: commit,
    steps: z.array(step),
    holds: z.array(hold),
    notes: z.array(hold),
  }),
  ReconcileReport: z.strictObject({
    head: commit.optional(),
    desired: commit.optional(),
    passes: z.int(),
    done: z.array(z.strictObject({ kind: z.string(), text: z.string(), why: z.string() })),
    holds: z.array(hold),
    notes: z.array(hold),
    findings: z.array(finding),
    faults: z.array(fault),
  }),
  Status: z.strictObject({
    site: z.string(),
    trust: z.string(),
    acceptedHead: commit.optional(),
    policyInForce: commit.optional(),
    findings: z.array(z.string()),
    upstreams: z.array(upstreamStatus),
    channels: z.array(channelStatus),
    proposals: z.array(
      z.strictObject({
        number: z.int(),
        title: z.string(),
        branch: z.string(),
        edited: z.boolean(),
        channel: z.string(),
      }),
    ),
    holds: z.array(hold),
    suspensions: z.array(
      z.strictObject({ object: z.string(), reason: z.string(), until: seconds.optional() }),
    ),
    pending: z.int(),
  }),
  List: z.strictObject({ of: z.string(), items: z.array(z.looseObject({})) }),
  Explanation: z.strictObject({
    package: z.string(),
    /** Every policy that matches, for each upstream that has the package; the one that decides first. */
    policies: z.array(explainedPolicies),
    channels: z.array(
      z.strictObject({
        channel: z.string(),
        name: z.string(),
        packages: z.array(
          z.strictObject({
            tree: z.string(),
            nevra: z.string(),
            sha256,
            served: z.boolean(),
            because: z.array(reason),
          }),
        ),
        holds: z.array(hold),
      }),
    ),
  }),
  Trace: z.strictObject({
    packages: z.array(
      z.strictObject({
        nevra: z.string(),
        sha256,
        sizeBytes: z.int(),
        file: z.string(),
        channels: z.array(tracedChannel),
        decisions: z.array(tracedDecision),
        signature: tracedSignature,
        signedForms: z.array(
          z.strictObject({
            key: z.string(),
            sha256,
            file: z.string(),
            channel: z.string(),
            commit,
          }),
        ),
        snapshots: z.array(tracedSnapshot),
      }),
    ),
  }),
  Garbage: z.strictObject({
    days: z.int().min(1),
    newest: z.int().min(1),
    /** What nothing names any more; with `removed`, what is gone. */
    removable: z.array(garbageItem),
    /** Absent from a dry run. */
    removed: z
      .strictObject({
        counts: z.record(z.enum(garbageKinds), z.int().min(0)),
        freedBytes: z.int().min(0),
      })
      .optional(),
    keptCount: z.int().min(0),
    /** Empty without --explain. */
    kept: z.array(garbageItem.extend({ keptBy: z.string() })),
  }),
  Difference: z.strictObject({
    a: z.string(),
    b: z.string(),
    added: z.array(z.string()),
    removed: z.array(z.string()),
    advisoriesAdded: z.array(z.string()),
    advisoriesRemoved: z.array(z.string()),
    /** `<nevra> needs <requirement>`, which nothing in b provides. */
    closureBroken: z.array(z.string()),
    closureMended: z.array(z.string()),
  }),
  History: z.strictObject({ channel: z.string(), generations: z.array(generation) }),
  ProposalList: z.strictObject({ proposals: z.array(proposal) }),
  Proposal: proposal.extend({ comments: z.array(comment) }),
  SnapshotList: z.strictObject({
    snapshots: z.array(
      z.strictObject({ id: snapshotId, type: z.enum(['upstream', 'channel']), of: z.string() }),
    ),
  }),
  Snapshot: z.strictObject({
    id: snapshotId,
    type: z.enum(['upstream', 'channel']),
    packages: z.array(packageRow),
  }),
  SnapshotVerification: z.strictObject({ id: snapshotId, bad: z.array(z.string()) }),
  Verification: z.strictObject({
    channels: z.array(
      z.strictObject({
        channel: z.string(),
        generation: z.int(),
        packages: z.int(),
        problems: z.array(z.string()),
      }),
    ),
  }),
  Rendered: z.strictObject({
    directory: z.string(),
    repomd: z.record(z.string(), sha256),
    recorded: z.record(z.string(), sha256).optional(),
    signed: z.boolean(),
    differing: z.array(z.string()),
  }),
  Doctor: z.strictObject({
    checks: z.array(
      z.strictObject({ name: z.string(), ok: z.boolean(), found: z.string(), fix: z.string() }),
    ),
  }),
  ValidationReport: z.strictObject({ valid: z.boolean(), findings: z.array(finding) }),
  Initialised: z.strictObject({
    policy: z.string(),
    state: z.string(),
    commit: commit.optional(),
    key: z.string().regex(/^[0-9A-F]{40}$/),
  }),
  Rollback: z.strictObject({
    channel: z.string(),
    generation: z.int(),
    content: snapshotId,
    commit: commit.optional(),
    /** With `--now`: what is served, and how many packages that brought back and took away. */
    served: z
      .strictObject({ generation: z.int(), came: z.int().min(0), went: z.int().min(0) })
      .optional(),
    /** With `--now`, where it is not served yet. */
    holds: z.array(hold).optional(),
    faults: z.array(fault).optional(),
  }),
  CanI: z.strictObject({
    person: z.string(),
    verb: z.string(),
    object: z.string(),
    allowed: z.boolean(),
    /** One of those whom the rule names, also where more people are needed. */
    counts: z.boolean(),
    trust: z.enum(['open', 'keys', 'forge']),
    people: z.array(z.string()),
    needed: z.int().min(1).optional(),
    at: place.optional(),
  }),
  Schema: z.strictObject({ schema: z.looseObject({}) }),
  Demo: z.strictObject({ directory: z.string(), url: z.string(), again: z.string() }),
  Keys: z.strictObject({
    keys: z.array(
      z.strictObject({
        fingerprint: z.string(),
        created: seconds.optional(),
        expires: seconds.optional(),
        uses: z.array(z.string()),
      }),
    ),
  }),
  KeyMade: z.strictObject({ fingerprint: z.string(), publicKey: z.string() }),
  Error: fault.extend({ exit: z.int().min(1) }),
  Acknowledged: said,
  Approved: said,
  Closed: said,
  Commented: said,
  Completion: said,
  Merged: said,
  Resumed: said,
  Retried: said,
  SchemaFiles: said,
  SchemaList: said,
  SnapshotImported: said,
  Stopped: said,
  Suspended: said,
} as const satisfies Record<string, z.ZodObject>;

export type OutputKind = keyof typeof outputs;
export const outputKinds = Object.keys(outputs) as [OutputKind, ...OutputKind[]];

/** JSON Schemas of whole answers, by kind. */
export function outputSchemas(): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(outputs).map(([kind, data]) => {
      const answer = data.extend({ apiVersion: z.literal('sluice/v1'), kind: z.literal(kind) });
      return [kind, z.toJSONSchema(answer.meta({ title: kind }), { unrepresentable: 'throw' })];
    }),
  );
}
