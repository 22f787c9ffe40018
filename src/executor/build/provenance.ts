import type {
  BuildInputs,
  CommitId,
  PackageEntry,
  Sha256,
  SourceOrigin,
} from '../../model/index.ts';
import { fileNameOf } from '../../model/index.ts';
import type { BuildAnswer, BuildOrder } from '../../ports.ts';

export interface ProvenanceFacts {
  readonly inputs: BuildInputs;
  readonly key: Sha256;
  readonly attempt: number;
  /** The policy commit whose plan asked for the build. */
  readonly commit: CommitId;
  readonly limits: BuildOrder['limits'];
  /** Seconds since 1970. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly answer: BuildAnswer;
  readonly log: Sha256;
  readonly packages: readonly PackageEntry[];
  /** Of a source package that was packed from a spec. */
  readonly origin?: SourceOrigin;
}

/**
 * Says how packages came to be: an in-toto statement (v1) with the SLSA provenance predicate (v1). Made by the
 * controller from what it gave and took; nothing in it is a build's own word.
 */
export function provenanceStatement(facts: ProvenanceFacts): object {
  const { inputs, answer } = facts;
  const { source, recipe, root, arch, builder, sourceDateEpoch } = inputs;
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: facts.packages.map((p) => ({ name: fileNameOf(p), digest: { sha256: p.sha256 } })),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'urn:sluice:rpmbuild:v1',
        externalParameters: { source, arch, recipe, root },
        internalParameters: {
          key: facts.key,
          builder,
          sourceDateEpoch,
          command: answer.command,
          isolation: answer.isolation,
          limits: facts.limits,
        },
        resolvedDependencies: dependencies(facts),
      },
      runDetails: {
        builder: { id: `urn:sluice:builder:${builder}` },
        metadata: {
          invocationId: `${facts.key}/${facts.attempt}`,
          startedOn: isoTime(facts.startedAt),
          finishedOn: isoTime(facts.endedAt),
        },
        byproducts: [
          { name: 'build.log', digest: { sha256: facts.log } },
          { name: 'buildroot', annotations: { packages: answer.buildroot } },
        ],
      },
    },
  };
}

function dependencies({ inputs, commit, origin }: ProvenanceFacts): readonly object[] {
  const channels = inputs.root.kind === 'channels' ? inputs.root.channels : [];
  return [
    { name: inputs.source.nevra, digest: { sha256: inputs.source.sha256 } },
    ...(origin === undefined ? [] : [packedFrom(origin)]),
    ...inputs.recipe.patches.map((p) => ({ name: p.path, digest: { sha256: p.sha256 } })),
    { name: 'policy', digest: { gitCommit: commit } },
    ...channels.map(({ name, content }) => ({
      name: `channel ${name}`,
      digest: { sha256: content.slice('sha256:'.length) },
    })),
  ];
}

/** A git repository as the SPDX download location has it, with the commit as its digest. */
function packedFrom({ url, ref, directory, commit, signedBy }: SourceOrigin): object {
  return {
    name: 'specs',
    uri: `git+${url.startsWith('/') ? 'file://' : ''}${url}@${ref}`,
    digest: { gitCommit: commit },
    annotations: { directory, ...(signedBy === undefined ? {} : { signedBy }) },
  };
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
