import { execa } from 'execa';
import { Fault } from '../../model/index.ts';

export interface ToolOptions {
  /** Added to the fixed environment: PATH, LANG, TZ and nothing of the caller's. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface ToolResult {
  readonly code: number;
  readonly stdout: string;
  /** stdout and stderr as they came. */
  readonly output: string;
}

/**
 * Runs a program of the machine with a fixed environment and no input. `ToolMissing` when it is not installed; any exit
 * code is the caller's to judge.
 */
export async function tryTool(
  program: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<ToolResult> {
  const result = await execa(program, [...args], {
    env: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      LANG: 'C.UTF-8',
      TZ: 'UTC',
      ...options.env,
    },
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    reject: false,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  if (result.code === 'ENOENT') {
    throw new Fault('ToolMissing', {
      object: program,
      check: 'a program that the demo needs',
      found: 'not installed',
      fix: 'Run scripts/setup-debian demo, or install the package that has it.',
    });
  }
  return { code: result.exitCode ?? 128, stdout: result.stdout, output: result.all };
}

/** Like `tryTool`, but anything but exit code 0 is `ToolFailed` with the end of what the program said. */
export async function tool(
  program: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<ToolResult> {
  const result = await tryTool(program, args, options);
  if (result.code !== 0) {
    throw new Fault('ToolFailed', {
      object: [program, ...args.slice(0, 3)].join(' '),
      check: 'the program ends well',
      expected: 'exit code 0',
      found: `exit code ${result.code}: ${result.output.split('\n').slice(-8).join('\n')}`,
      fix: 'Read what the program said; free space and installed packages are the usual causes.',
    });
  }
  return result;
}
