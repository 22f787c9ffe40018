import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Installation } from '../../controller/index.ts';
import { Fault } from '../../model/index.ts';
import { clockFault } from '../../store/index.ts';
import { builderChecks } from '../builder-checks.ts';
import { type Check, programPath } from '../check.ts';
import { locate, type Site } from '../config.ts';
import { localBuildChecks } from '../local-build-checks.ts';
import type { Paint } from '../paint.ts';
import type { Verb } from '../verb.ts';
import { openForReading } from '../wire.ts';

export const doctorVerb: Verb = {
  examples: ['sluice doctor', 'sluice doctor --output json'],
  how: {
    needs: 'nothing',
    async run(call) {
      const checks = [...programs(), ...(await installation(() => locate(call.global)))];
      return {
        kind: 'Doctor',
        data: { checks },
        text: (paint) => checks.map((c) => line(c, paint)).join('\n'),
        exit: checks.every((c) => c.ok) ? 0 : 6,
      };
    },
  },
};

const wanted: readonly (readonly [program: string, why: string, debian: string])[] = [
  ['git', 'fetches and pushes the policy repository', 'git'],
  ['xz', 'reads metadata in xz', 'xz-utils'],
  ['rpmkeys', 'checks the packages that are signed here', 'rpm'],
  ['bzip2', 'reads metadata in bzip2', 'bzip2'],
];

function programs(): readonly Check[] {
  return wanted.map(([program, why, debian]) => {
    const at = programPath(program);
    return {
      name: program,
      ok: at !== undefined,
      found: at ?? `not found; it ${why}`,
      fix: `apt-get install ${debian}`,
    };
  });
}

async function installation(find: () => Site): Promise<readonly Check[]> {
  let site: Site;
  try {
    site = find();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return [{ name: 'installation', ok: false, found: error.message, fix: error.fix }];
  }
  return [
    stateCheck(site),
    keyCheck(site),
    ...(await journalChecks(site)),
    ...builderChecks(site.config.builders),
  ];
}

function stateCheck(site: Site): Check {
  const mode = existsSync(site.state) ? statSync(site.state).mode & 0o777 : undefined;
  const ok = mode !== undefined && (mode & 0o022) === 0;
  const found = mode === undefined ? 'does not exist' : `${site.state}, mode ${mode.toString(8)}`;
  const fix = mode === undefined ? 'sluice init DIR' : `chmod go-w ${site.state}`;
  return { name: 'state directory', ok, found, fix };
}

function keyCheck(site: Site): Check {
  const { socket, gpg, keys } = site.config.signer;
  if (socket !== undefined) return socketCheck(socket);
  if (gpg !== undefined) return gpgCheck(gpg.home);
  const file = join(keys, 'site.key.asc');
  const mode = existsSync(file) ? statSync(file).mode & 0o777 : undefined;
  return {
    name: 'signing key',
    ok: mode === 0o600,
    found: mode === undefined ? `${file} is missing` : `${file}, mode ${mode.toString(8)}`,
    fix: mode === undefined ? 'restore <state>/keys from the backup' : `chmod 600 ${file}`,
  };
}

function socketCheck(socket: string): Check {
  const ok = existsSync(socket);
  const found = ok ? socket : `${socket} is missing`;
  return { name: 'signer', ok, found, fix: ok ? '' : 'sluice signer' };
}

function gpgCheck(home: string): Check {
  const ok = existsSync(home);
  const fix = ok ? '' : 'correct signer.gpg.home in controller.yaml';
  return { name: 'signer', ok, found: `gpg with ${home}`, fix };
}

async function journalChecks(site: Site): Promise<readonly Check[]> {
  try {
    const { installation } = await openForReading(site);
    const found = `${installation.journal.entries().length} entries, chain unbroken`;
    const journal = { name: 'journal', ok: true, found, fix: '' };
    return [
      journal,
      clockCheck(installation),
      await treeCheck(installation),
      ...(await localBuildChecks(installation)),
    ];
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return [{ name: 'journal', ok: false, found: error.message, fix: error.fix }];
  }
}

async function treeCheck({ ports }: Installation): Promise<Check> {
  const name = 'policy repository';
  try {
    await ports.policyGit.checkFree();
    return { name, ok: true, found: 'takes commits', fix: '' };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { name, ok: false, found: error.message, fix: error.fix };
  }
}

function clockCheck(c: Installation): Check {
  const wrong = clockFault(c.memory().lastTime, c.ports.clock.now());
  const found = wrong?.message ?? 'near what was last recorded';
  return { name: 'clock', ok: wrong === undefined, found, fix: wrong?.fix ?? '' };
}

function line(check: Check, paint: Paint): string {
  const mark = check.ok ? paint('green', 'ok  ') : paint('red', 'BAD ');
  const fix = check.ok ? '' : `\n      fix: ${check.fix}`;
  return `${mark}${check.name.padEnd(18)}${check.found}${fix}`;
}
