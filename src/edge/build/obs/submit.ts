import type { BuildOrder } from '../../../ports.ts';
import type { ReadSource } from '../local/read-source.ts';
import { unpackSource } from '../unpack-source.ts';
import type { ObsClient } from './client.ts';
import {
  buildProject,
  emptyProject,
  packageDocument,
  packageName,
  schedulerArch,
} from './documents.ts';
import type { Root } from './root-project.ts';

export interface Submission {
  readonly project: string;
  readonly root: Root;
  readonly order: BuildOrder;
  readonly source: ReadSource;
  /** Name → text of what is laid over the source package's files. */
  readonly patches: ReadonlyMap<string, string>;
  /** Text of the spec as it is built. */
  readonly spec: string;
}

/** Uploads the sources; the last document gives the project something to build for, so the scheduler sees all at once. */
export async function submit(
  client: ObsClient,
  submission: Submission,
  signal: AbortSignal,
): Promise<void> {
  const { project, root, order, source, patches, spec } = submission;
  const put = (path: readonly string[], body: string | { readonly file: string }) =>
    client.text({ method: 'PUT', path: ['source', project, ...path], body }, signal);
  const files = await unpackSource(order, source);
  await put(['_meta'], emptyProject(project));
  await put([packageName, '_meta'], packageDocument(project));
  for (const [name, file] of files) {
    if (name !== source.content.spec.name) await put([packageName, name], { file });
  }
  for (const [name, text] of patches) await put([packageName, name], text);
  await put([packageName, source.content.spec.name], spec);
  await put(['_meta'], buildProject(project, root, schedulerArch(order.inputs)));
}
