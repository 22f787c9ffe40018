import { existsSync, statSync } from 'node:fs';
import type { BuildersConfig } from './builders-config.ts';
import { type Check, programPath } from './check.ts';

/** What the builders that controller.yaml sets up need on this machine. Asks no server. */
export function builderChecks({ obs, mock }: BuildersConfig): readonly Check[] {
  return [
    ...(obs ? [present('builder obs', obs.projectConfigFile)] : []),
    ...(obs?.passwordFile ? [secret('builder obs', obs.passwordFile)] : []),
    ...(mock ? [mockCheck(), present('builder mock', mock.template)] : []),
  ];
}

function present(name: string, path: string): Check {
  const ok = existsSync(path);
  const found = ok ? path : `${path} is missing`;
  return { name, ok, found, fix: 'write the file, or correct builders in controller.yaml' };
}

function secret(name: string, path: string): Check {
  if (!existsSync(path)) return present(name, path);
  const mode = statSync(path).mode & 0o777;
  const ok = (mode & 0o077) === 0;
  return { name, ok, found: `${path}, mode ${mode.toString(8)}`, fix: `chmod 600 ${path}` };
}

/** Debian has no mock. */
function mockCheck(): Check {
  const at = programPath('mock');
  const name = 'builder mock';
  const fix = 'dnf install mock, and make this account a member of the group mock';
  return { name, ok: at !== undefined, found: at ?? 'the program is not found', fix };
}
