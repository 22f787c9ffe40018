import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PackAnswer, PackedFile, PackOrder } from '../../../ports.ts';
import { inside, packCommand } from './build-script.ts';
import { accounts, hostRoot } from './host-root.ts';
import { judgeEnd } from './judge-end.ts';
import { logCapture, teeLog } from './log-capture.ts';
import { packingCommand } from './rpmbuild-command.ts';
import { runSandbox } from './run-sandbox.ts';
import { buildEnvironment } from './sandbox-command.ts';

const shownBytes = 600;

/**
 * Packs a source package with the rpmbuild of this machine, in the sandbox of a build: a spec runs code as soon as it is
 * read. The same files and date give the same bytes with the same rpm.
 */
export async function packSource(order: PackOrder): Promise<PackAnswer> {
  const outputDirectory = join(order.directory, 'output');
  await mkdir(outputDirectory, { recursive: true });
  const log = logCapture(join(order.directory, 'pack.log'), order.limits.logBytes);
  const tail = teeLog(log, shownBytes);
  try {
    const end = await runSandbox({
      name: `pack-${nameOf(order.directory)}-${process.pid}`,
      identity: 'builder',
      mounts: await hostRoot(),
      files: new Map<string, Content>([...Object.entries(accounts), ...placed(order)]),
      environment: buildEnvironment(order.sourceDateEpoch),
      command: packCommand(order.spec, {
        executables: order.files.filter((f) => f.executable).map((f) => f.name),
        pack: packingCommand(order.spec),
      }),
      limits: order.limits,
      outputDirectory,
      log: tail.log,
      // It ends with its time; nothing else asks for that.
      signal: new AbortController().signal,
    });
    const judged = judgeEnd(end, order.limits);
    if (judged === undefined) return { kind: 'packed', outputDirectory };
    const said = tail.text().trim().split('\n').slice(-4).join(' | ').slice(-shownBytes);
    return { kind: 'failed', check: judged.check, found: [judged.found, said].join(': ') };
  } finally {
    await log.close();
  }
}

/** Control groups have names of their own. */
const nameOf = (directory: string): string =>
  createHash('sha256').update(directory).digest('hex').slice(0, 16);

type Content = string | ReturnType<PackedFile['open']>;

function* placed({ spec, files }: PackOrder): Generator<[string, Content]> {
  for (const file of files) {
    const folder = file.name === spec ? inside.specs : inside.sources;
    yield [`${folder}/${file.name}`, file.open()];
  }
}
