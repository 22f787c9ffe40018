import {
  type BuildRequest,
  type ChannelSnapshot,
  type ClosureNeed,
  type CommitId,
  digestOf,
  type FileEdit,
  type GenerationRecord,
  nevraText,
  type Plan,
  type ProposalRequest,
  type Sha256,
  type SnapshotId,
  type Step,
  type StepOf,
  type Update,
} from '../../src/model/index.ts';
import { plan } from '../../src/planner/index.ts';
import { type ModelWorld, place } from './world.ts';
import { runBuild } from './world-builds.ts';

type Request = ProposalRequest | BuildRequest;
const requests = new WeakMap<ModelWorld, Map<string, Request>>();
const contents = new WeakMap<ModelWorld, Map<SnapshotId, ChannelSnapshot>>();

function memoryOf<T>(store: WeakMap<ModelWorld, Map<string, T>>, w: ModelWorld): Map<string, T> {
  const known = store.get(w) ?? new Map<string, T>();
  store.set(w, known);
  return known;
}

/** Plans, answering needs as the controller does. */
export function planned(w: ModelWorld): Plan {
  for (let round = 0; round < 8; round++) {
    const made = plan(w.value());
    const missing = made.needs.filter((n) => !w.state.facts.has(n.id));
    if (missing.length === 0) return made;
    for (const need of missing) w.state.facts.set(need.id, closure(w, need));
  }
  throw new Error('the plan still lacks facts after eight rounds');
}

/** Passes until one changes nothing; returns the plan of that last one. */
export function settle(w: ModelWorld, passes = 6): Plan {
  for (let pass = 0; pass < passes; pass++) {
    const made = planned(w);
    if (made.steps.length === 0) return made;
    for (const step of made.steps) apply(w, step);
    if (made.holds.every((h) => h.code !== 'RollbackIncomplete')) w.state.removals = [];
  }
  throw new Error(
    `no rest: ${planned(w)
      .steps.map((s) => `${s.kind} ${s.why.text}`)
      .join(' | ')}`,
  );
}

export function apply(w: ModelWorld, step: Step): void {
  if (step.kind === 'mirror') {
    const state = w.state.upstreams.get(step.upstream);
    w.state.upstreams.set(step.upstream, { ...state, name: step.upstream, due: false });
  }
  if (step.kind === 'commit') applyEdits(w, step.edits);
  if (step.kind === 'assemble' && step.content)
    memoryOf(contents, w).set(step.content.id, step.content);
  if (step.kind === 'sign') sign(w, step);
  if (step.kind === 'point') point(w, step.record);
  if (step.kind === 'propose' || step.kind === 'ask') propose(w, step.request);
  if (step.kind === 'build') runBuild(w, step);
  if (step.kind === 'close') {
    w.state.proposals = w.state.proposals.map((p) =>
      p.number === step.number
        ? { ...p, state: step.as === 'merged' ? 'merged' : 'closed', closedBy: 'controller' }
        : p,
    );
  }
}

function point(w: ModelWorld, record: GenerationRecord): void {
  const content = memoryOf(contents, w).get(record.content);
  if (!content) throw new Error(`${record.content} was never assembled`);
  const before = w.state.channels.get(record.channel);
  // It was put there by this function.
  const admitted = new Map(before?.admitted as ReadonlyMap<Sha256, number> | undefined);
  for (const tree of content.trees.values()) {
    for (const p of tree.packages) if (!admitted.has(p.sha256)) admitted.set(p.sha256, record.time);
  }
  const formerBases = new Map(before?.formerBases);
  for (const [upstream, id] of Object.entries(record.base)) {
    formerBases.set(upstream, new Set([...(formerBases.get(upstream) ?? []), id]));
  }
  const name = record.channel;
  const newest = [record.keys[0] ?? '', ...(before?.formerKeys?.metadata ?? [])];
  const formerKeys = { metadata: [...new Set(newest)].slice(0, 3), packages: [] };
  const formerContents = new Set([...(before?.formerContents ?? []), content.id]);
  const history = { name, generation: record, formerBases, formerKeys, formerContents };
  w.state.channels.set(name, { ...history, content, admitted });
  const retained = w.state.retained.get(name) ?? new Map();
  w.state.retained.set(name, retained.set(content.id, content));
}

function propose(w: ModelWorld, request: Request): void {
  const { identity, title, deltaDigest } = request;
  const open = w.state.proposals.find((p) => p.identity === identity && p.state === 'open');
  const others = w.state.proposals.filter((p) => p !== open);
  memoryOf(requests, w).set(identity, request);
  w.state.proposals = [
    ...others,
    {
      number: open?.number ?? w.state.proposals.length + 1,
      ...{ identity, title, deltaDigest, branch: `sluice/${identity}`, body: '', edited: false },
      ...{ state: 'open', head: digestOf(identity).slice(0, 40) as CommitId },
      ...{ openedAt: w.state.now, updatedAt: w.state.now },
      ...(request.brings ? { brings: request.brings } : {}),
    },
  ];
}

export function requestOf(w: ModelWorld, identity: string): ProposalRequest {
  const request = anyRequest(w, identity);
  if (!('delta' in request)) throw new Error(`${identity} is about a build`);
  return request;
}

export function buildRequestOf(w: ModelWorld, identity: string): BuildRequest {
  const request = anyRequest(w, identity);
  if (!('build' in request)) throw new Error(`${identity} is about a channel`);
  return request;
}

function anyRequest(w: ModelWorld, identity: string): Request {
  const request = memoryOf(requests, w).get(identity);
  if (!request) throw new Error(`no proposal ${identity}; ${openProposals(w).join(', ')}`);
  return request;
}

export const openProposals = (w: ModelWorld): readonly string[] =>
  w.state.proposals
    .filter((p) => p.state === 'open')
    .map((p) => p.identity)
    .toSorted();

/** Merges as plain git does: only the files change. */
export function merge(w: ModelWorld, identity: string): void {
  applyEdits(w, anyRequest(w, identity).edits);
}

export function reject(w: ModelWorld, identity: string): void {
  w.state.proposals = w.state.proposals.map((p) =>
    p.identity === identity && p.state === 'open'
      ? { ...p, state: 'closed', closedBy: 'person' }
      : p,
  );
}

// biome-ignore lint/suspicious/noExplicitAny: documents are read back without a schema here
type Document = any;

export function applyEdits(w: ModelWorld, edits: readonly FileEdit[]): void {
  const { desired } = w.state;
  for (const edit of edits) {
    if (edit.kind === 'create') create(w, edit.path, edit.document);
    if (edit.kind === 'delete') {
      desired.promotions = desired.promotions.filter((p) => p.file !== edit.path);
      desired.holds = desired.holds.filter((h) => h.file !== edit.path);
    }
    if (edit.kind === 'set') set(w, edit);
  }
  w.commit();
}

function create(w: ModelWorld, file: string, document: Document): void {
  const { desired } = w.state;
  const { apiVersion, kind, ...fields } = document;
  if (apiVersion !== 'sluice/v1') throw new Error(`${file} has no apiVersion`);
  const at = place(file);
  if (kind === 'Update') {
    const update: Update = { modules: [], requires: [], ...fields, file, at };
    desired.updates.set(update.id, update);
  } else if (kind === 'Promotion') desired.promotions.push({ ...fields, file, at });
  else if (kind === 'Hold') desired.holds.push({ ...fields, file, at });
  else throw new Error(`unexpected kind ${kind}`);
}

function set(w: ModelWorld, edit: Extract<FileEdit, { kind: 'set' }>): void {
  const { desired } = w.state;
  const hold = desired.holds.find((h) => h.file === edit.path);
  if (hold) {
    const changed: Document = { ...hold, [String(edit.at[0])]: edit.value };
    desired.holds = desired.holds.map((h) => (h === hold ? changed : h));
    return;
  }
  if (edit.path.startsWith('updates/') || edit.path.startsWith('policies/')) {
    setDeep(w, edit);
    return;
  }
  const name = edit.path.replace(/^channels\/|\.yaml$/g, '');
  const channel = desired.channels.get(name);
  if (!channel) throw new Error(`no file ${edit.path}`);
  const [field, index, key] = edit.at;
  const changed: Document = { ...channel };
  if (field === 'pin') delete changed.pin;
  else
    changed.base = channel.base.map((b, i) =>
      i === index ? { ...b, [String(key)]: edit.value } : b,
    );
  desired.channels.set(name, changed);
}

/** In an update or a policy, at any depth. */
function setDeep(w: ModelWorld, edit: Extract<FileEdit, { kind: 'set' }>): void {
  const { desired } = w.state;
  const changed = (
    value: Document,
    [key = '', ...rest]: readonly (string | number)[],
  ): Document => {
    if (rest.length > 0) return { ...value, [key]: changed(value?.[key], rest) };
    const { [key]: _, ...others } = value ?? {};
    return edit.value === undefined ? others : { ...others, [key]: edit.value };
  };
  for (const update of desired.updates.values()) {
    if (update.file === edit.path) desired.updates.set(update.id, changed(update, edit.at));
  }
  desired.policies = desired.policies.map((p) =>
    p.at.file === edit.path ? changed(p, edit.at) : p,
  );
}

/** Names are the only capabilities of this world. */
function closure(w: ModelWorld, need: ClosureNeed) {
  const provided = new Set<string>();
  for (const content of [need.content, ...need.with]) {
    for (const tree of content.trees.values()) {
      for (const p of tree.packages) {
        provided.add(p.name);
        provided.add(`${p.name} = ${p.version}`);
      }
    }
  }
  const findings = [...need.content.trees].flatMap(([tree, { packages }]) =>
    packages.flatMap((p) =>
      (w.state.requires.get(nevraText(p)) ?? w.state.requires.get(p.name) ?? [])
        .filter((requirement) => !provided.has(requirement))
        .map((requirement) => ({ tree, sha256: p.sha256, nevra: nevraText(p), requirement })),
    ),
  );
  return { kind: 'closure' as const, findings };
}

function sign(w: ModelWorld, step: StepOf<'sign'>): void {
  const known = w.state.signed?.get(step.signingKey);
  const forms = step.packages.map(({ sha256, sizeBytes }) => {
    const form = { sha256: digestOf(`${step.signingKey} ${sha256}`), sizeBytes };
    return [sha256, form] as const;
  });
  w.state.signed = new Map([
    ...(w.state.signed ?? []),
    [step.signingKey, new Map([...(known ?? []), ...forms])],
  ]);
}
