import { z } from 'zod';
import type { Update as DesiredUpdate, UpdateBuild } from '../../model/index.ts';
import { name, sentence, sha256, updateId, yesOrNo } from '../words.ts';
import type { PolicyDocument } from '../yaml/read-document.ts';
import { header } from './header.ts';
import { nevra } from './nevra.ts';

const Advisory = z.strictObject({
  id: updateId.meta({ description: "The vendor's id, such as RHSA-2026:1234." }),
  sha256: sha256.meta({ description: 'The digest of the advisory as the snapshot holds it.' }),
  severity: z.string().optional().meta({ description: 'How severe the vendor says it is.' }),
  siteSeverity: sentence.optional().meta({ description: 'How severe it is here.' }),
  reason: sentence.optional().meta({ description: 'Why the site judges differently.' }),
});

const Package = z.strictObject({
  nevra: nevra.meta({ description: 'What people call it: name-[epoch:]version-release.arch.' }),
  sha256: sha256.meta({ description: 'What it is: the digest of the file.' }),
  upstream: name.meta({ description: 'The upstream that offers it.' }),
  replaces: sha256.optional().meta({
    description: 'The digest that this re-issue of the same name takes the place of.',
  }),
  tree: name.optional().meta({
    description: 'Of a package that was built here: the tree that it enters.',
  }),
});

const Build = z.strictObject({
  source: z
    .strictObject({
      nevra: nevra.meta({ description: 'What people call it: name-[epoch:]version-release.src.' }),
      sha256: sha256.meta({ description: 'What it is: the digest of the file.' }),
      upstream: name.meta({ description: 'The upstream that offers it.' }),
    })
    .meta({ description: 'The source package that is built.' }),
  wanted: yesOrNo
    .prefault('false')
    .meta({ description: 'Whether to build it: true is the answer to that question.' }),
  results: z.record(name, sha256).default({}).meta({
    description: 'Architecture → the build whose results are pinned: the answer to sign them.',
  }),
  unsigned: yesOrNo.prefault('false').meta({
    description:
      'The results are pinned for later builds only, and whether to sign them is still asked.',
  }),
});

const Module = z.strictObject({
  nsvca: sentence.meta({ description: 'name:stream:version:context:arch of the module build.' }),
  sha256: sha256.meta({ description: 'The digest of the module document.' }),
});

export const Update = z
  .strictObject({
    ...header('Update'),
    id: updateId.meta({ description: 'What promotions name; the file is named by its slug.' }),
    advisory: Advisory.optional().meta({ description: 'The advisory, where there is one.' }),
    build: Build.optional().meta({
      description: 'Of an update that is built here: its source, and what was answered so far.',
    }),
    packages: z.array(Package).default([]).meta({ description: 'The packages, pinned by digest.' }),
    modules: z
      .array(Module)
      .default([])
      .meta({ description: 'The module documents, pinned by digest.' }),
    requires: z
      .array(updateId)
      .default([])
      .meta({ description: 'Updates that must be in the same channel: together or not at all.' }),
  })
  .meta({ title: 'Update', description: 'updates/<slug>.yaml: what can be promoted.' });
export type Update = z.output<typeof Update>;

export function normaliseUpdate(update: Update, document: PolicyDocument): DesiredUpdate {
  const { advisory } = update;
  return {
    id: update.id,
    file: document.file,
    ...(advisory === undefined
      ? {}
      : {
          advisory: {
            id: advisory.id,
            sha256: advisory.sha256,
            ...(advisory.severity === undefined ? {} : { severity: advisory.severity }),
            ...(advisory.siteSeverity === undefined ? {} : { siteSeverity: advisory.siteSeverity }),
            ...(advisory.reason === undefined ? {} : { reason: advisory.reason }),
          },
        }),
    ...(update.build === undefined ? {} : { build: normaliseBuild(update.build) }),
    packages: update.packages.map(({ replaces, tree, ...rest }) => ({
      ...rest,
      ...(replaces === undefined ? {} : { replaces }),
      ...(tree === undefined ? {} : { tree }),
    })),
    modules: update.modules,
    requires: update.requires,
    at: document.placeOf(['id']),
  };
}

function normaliseBuild({ unsigned, ...build }: z.output<typeof Build>): UpdateBuild {
  return unsigned ? { ...build, unsigned } : build;
}
