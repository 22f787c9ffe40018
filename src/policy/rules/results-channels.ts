import type { Channel } from '../../model/index.ts';
import type { Entries } from '../entries.ts';
import { errorAt, type Finding } from '../finding.ts';

interface Objection {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly fix: string;
}

/** A channel of unsigned results feeds builds: it says that it signs nothing, and no channel of machines hangs on it. */
export function resultsStayApart(entries: Entries): readonly Finding[] {
  const feeding = new Set(entries.channels.filter((c) => c.takes === 'results').map((c) => c.name));
  return entries.channels.flatMap((channel) => {
    const own = feeding.has(channel.name) ? ofFeeding(channel) : ofMachines(channel, feeding);
    return [...own].map(({ path, ...told }) =>
      errorAt(entries.placeOf(channel.at.file, path), 'PolicyConflict', told),
    );
  });
}

function* ofFeeding({ name, sign, follows }: Channel): Generator<Objection> {
  if (sign.packages !== 'unsigned') {
    const message = `${name} takes results before they are signed`;
    yield { path: ['takes'], message, fix: 'Write sign: { packages: unsigned }.' };
  }
  if (follows !== undefined) {
    const message = `${name} takes results and follows ${follows}`;
    yield { path: ['follows'], message, fix: 'Keep one of the two.' };
  }
}

function* ofMachines(
  { name, follows, gates }: Channel,
  feeding: ReadonlySet<string>,
): Generator<Objection> {
  if (follows !== undefined && feeding.has(follows)) {
    const message = `${follows} is for builds, and ${name} follows it`;
    yield { path: ['follows'], message, fix: 'Follow a channel of machines.' };
  }
  for (const [i, other] of gates.closure.with.entries()) {
    if (!feeding.has(other)) continue;
    const message = `${other} is for builds, and machines do not have it`;
    yield { path: ['gates', 'closure', 'with', i], message, fix: 'Take it out.' };
  }
}
