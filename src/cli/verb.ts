import { type Command, Option } from 'commander';
import type { Installation, Turn } from '../controller/index.ts';
import type { Answer } from './answer.ts';
import type { Site } from './config.ts';

export interface GlobalOptions {
  readonly policy?: string;
  readonly state?: string;
  readonly output: 'table' | 'json' | 'yaml';
}

/** A verb as it is listed; loading it brings the code behind it. */
export interface ListedVerb {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Verb>;
}

/** What one verb takes and does. `examples` are shown by `--help` and run by the tests of the README. */
export interface Verb {
  /** commander's notation: `<required>`, `[optional]`, `[many...]`. */
  readonly arguments?: readonly (readonly [notation: string, help: string])[];
  readonly options?: readonly (readonly [flags: string, help: string])[];
  readonly examples: readonly string[];
  /** Words that this verb's own `--state` takes; anything else is the state directory, as everywhere. */
  readonly ownState?: (text: string) => boolean;
  /** How it works: without an installation, reading one, or writing one. */
  readonly how: FreeVerb | ReadingVerb | WritingVerb;
}

/** Needs no installation. */
export interface FreeVerb {
  readonly needs: 'nothing';
  run(call: Call): Promise<Answer>;
}

/** Reads never lock. */
export interface ReadingVerb {
  readonly needs: 'reading';
  run(call: Call, opened: Opened): Promise<Answer>;
}

/** Takes the writer's lock, or is carried out by the running controller through its control socket. */
export interface WritingVerb {
  readonly needs: 'writing';
  /** Calls that only read, such as `pr list`: they do not lock. */
  readonly reads?: (call: Call) => boolean;
  /** Holds the lock itself for as long as it runs, so no controller can do it for us. */
  readonly alone?: true;
  /** Calls that wait for other work of a running controller, and so take turns with it instead of one turn. */
  readonly inTurns?: (call: Call) => boolean;
  run(call: Call, opened: Opened): Promise<Answer>;
}

export interface Opened {
  readonly site: Site;
  readonly installation: Installation;
  /** In a running controller, of verbs that work in turns with it. */
  readonly turn?: Turn;
}

export interface Call {
  readonly global: GlobalOptions;
  /** In the order of `arguments`; a `[many...]` is an array. */
  readonly args: readonly (string | readonly string[] | undefined)[];
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
}

export type Runner = (call: Call) => Promise<void>;

/** Adds what a verb takes to its command in commander's program. */
export function addUsage(command: Command, verb: Verb, run: Runner): void {
  for (const [notation, help] of verb.arguments ?? []) command.argument(notation, help);
  for (const [flags, help] of verb.options ?? []) command.addOption(option(flags, help));
  const examples = verb.examples.map((e) => `  $ ${e}`).join('\n');
  command.addHelpText('after', `\nExamples:\n${examples}`);
  command.action(async (...received: unknown[]) => {
    const self = received.pop() as Command;
    const options = received.pop() as Call['options'];
    const { state: text, ...global }: GlobalOptions = self.optsWithGlobals();
    const isOwn = text !== undefined && verb.ownState?.(text) === true;
    const call = { args: received as Call['args'], options: { ...options, state: undefined } };
    if (isOwn) await run({ ...call, global, options: { ...options, state: text } });
    else
      await run({
        ...call,
        global: text === undefined ? global : { ...global, state: text },
      });
  });
}

/** `--key <file...>` may be repeated. */
function option(flags: string, help: string): Option {
  return new Option(flags, help);
}

export function textArgument(call: Call, index: number): string | undefined {
  const value = call.args[index];
  return typeof value === 'string' ? value : undefined;
}

export function textOption(call: Call, name: string): string | undefined {
  const value = call.options[name];
  return typeof value === 'string' ? value : undefined;
}

export function listOption(call: Call, name: string): readonly string[] {
  const value = call.options[name];
  return Array.isArray(value) ? value : typeof value === 'string' ? [value] : [];
}
