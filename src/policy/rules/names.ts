import type { Place } from '../../model/index.ts';
import type { Entries } from '../entries.ts';
import { errorAt, type Finding } from '../finding.ts';

/** The file of an upstream, policy or channel has its name, so two files cannot declare one thing. */
export function namesMatchFiles(entries: Entries): readonly Finding[] {
  return [...entries.upstreams, ...entries.policies, ...entries.channels].flatMap((thing) =>
    fileIsNamed(thing.at, thing.name),
  );
}

/** A finding when a file is not called `<name>.yaml`. */
export function fileIsNamed(at: Place, name: string): readonly Finding[] {
  const folder = at.file.slice(0, at.file.lastIndexOf('/') + 1);
  const expected = `${folder}${name}.yaml`;
  if (at.file === expected) return [];
  const fix = `Rename the file to ${expected}, or change the name inside.`;
  return [errorAt(at, 'PolicyConflict', { message: `"${name}" stands in ${at.file}`, fix })];
}
