import { userInfo } from 'node:os';

/** Who typed the command, for the journal; under sudo the person, not root. */
export function operator(): string {
  return process.env.SUDO_USER ?? userInfo().username;
}
