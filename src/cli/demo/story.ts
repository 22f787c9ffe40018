import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { Paint } from '../paint.ts';
import { type ToolResult, tool, tryTool } from './tool.ts';

/** Tells the demo as it happens: headings, the commands a person would type, and what they printed. */
export interface Story {
  chapter(title: string, text: string): void;
  /** Runs a shell line in the policy repository as a person would type it, shows both, and returns the output. */
  type(line: string): Promise<ToolResult>;
  /** Shows what a machine said. */
  machine(command: string, lines: readonly string[]): void;
}

export interface StoryOptions {
  readonly paint: Paint;
  readonly write: (text: string) => void;
  /** Folder of the policy repository, where the lines are typed. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export const sluiceProgram = resolve(import.meta.dirname, '../../../sluice');

export function story({ paint, write, cwd, env }: StoryOptions): Story {
  let number = 0;
  return {
    chapter: (title, text) => {
      number += 1;
      write(`\n${paint('bold', `${number}. ${title}`)}\n   ${text}\n`);
    },
    type: async (line) => {
      write(`   ${paint('green', `$ ${line}`)}\n`);
      const result = await tryTool('/bin/sh', ['-c', line], { cwd, env });
      write(indented(result.output));
      return result;
    },
    machine: (command, lines) => {
      write(`   ${paint('cyan', `machine# ${command}`)}\n${indented(lines.join('\n'))}`);
    },
  };
}

const indented = (text: string): string =>
  text === ''
    ? ''
    : `${text
        .split('\n')
        .map((l) => `     ${l}`.trimEnd())
        .join('\n')}\n`;

export interface Beside {
  /** What is given to `sluice`. */
  readonly args: readonly string[];
  /** What it says when it is ready. */
  readonly ready: RegExp;
  readonly env: Readonly<Record<string, string>>;
}

/** Starts controller or signer beside the story; it ends with the returned function. */
export async function startBeside({ args, ready, env }: Beside): Promise<() => Promise<void>> {
  const child = spawn(sluiceProgram, args, {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
      if (ready.test(said)) resolve();
    });
    child.once('exit', () => reject(new Error(`sluice ${args[0]} ended: ${said}`)));
  });
  return async () => {
    child.kill('SIGTERM');
    await ended;
  };
}

export const startController = (options: {
  readonly listen: string;
  readonly env: Readonly<Record<string, string>>;
}): Promise<() => Promise<void>> =>
  startBeside({ ...options, args: ['run', '--listen', options.listen], ready: /^serving /m });

/** git as the demo's person. */
export async function gitConfig(directory: string): Promise<void> {
  for (const [key, value] of [
    ['user.name', 'Alice'],
    ['user.email', 'alice@example.org'],
  ] as const) {
    await tool('git', ['-C', directory, 'config', key, value]);
  }
}
