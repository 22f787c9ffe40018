import { type ChildProcess, spawn } from 'node:child_process';
import { main } from './site.ts';

export interface RunningController {
  readonly process: ChildProcess;
  /** Where it serves, without a slash at the end. */
  readonly url: string;
}

/** `sluice run` as a process of its own; resolves once it serves. Whoever starts it ends it. */
export async function startController(
  directory: string,
  env: Readonly<Record<string, string>>,
): Promise<RunningController> {
  const flags = ['--disable-warning=ExperimentalWarning', main, 'run', '--listen', '127.0.0.1:0'];
  const started = spawn(process.execPath, flags, {
    cwd: directory,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const url = await new Promise<string>((done, fail) => {
    let said = '';
    started.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const found = /^serving (http:\S+)\//m.exec(said)?.[1];
      if (found) done(found);
    });
    started.once('exit', (code) =>
      fail(new Error(`process ${started.pid} ended with ${code}: ${said}`)),
    );
  });
  return { process: started, url };
}

export const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((done) => child.once('exit', (code) => done(code)));
