import type { Hold } from '../model/index.ts';
import type { World } from './world.ts';

/**
 * What clients still get at an address that no channel has any more: its file was removed, or says another path. It
 * goes on, because machines may use it, until somebody says that it may end.
 */
export function undeclaredHolds({ desired, actual }: World): readonly Hold[] {
  const declared = new Set([...desired.channels.values()].map((c) => c.path));
  return [...(actual.served ?? [])]
    .filter(([path]) => !declared.has(path))
    .map(([path, generation]) => ({
      code: 'Undeclared',
      subject: `served/${path}`,
      text: `${path} still serves generation ${generation}, which no channel of the policy does`,
      awaits: `\`sluice acknowledge served/${path}\` to end it, or a channel with \`path: ${path}\` again`,
    }));
}
