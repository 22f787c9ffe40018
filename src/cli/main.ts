import { Command, CommanderError, Option } from 'commander';
import { verbs } from './commands/index.ts';
import { printAnswer, printFault } from './print.ts';
import { addUsage, type GlobalOptions } from './verb.ts';
import { version } from './version.ts';

/** Builds the command line, runs one verb, prints its answer and leaves with its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  let exit = 0;
  const program = new Command('sluice')
    .description(
      'Git decides what your machines install: a GitOps controller for RPM repositories.',
    )
    .version(version, '--version', 'print the version')
    .addOption(new Option('--policy <url|dir>', 'policy repository (SLUICE_POLICY)'))
    .addOption(new Option('--state <dir>', 'state directory (SLUICE_STATE)'))
    .addOption(
      new Option('--output <format>', 'how answers are printed')
        .choices(['table', 'json', 'yaml'])
        .default('table'),
    )
    .showHelpAfterError('(sluice <verb> --help shows examples)')
    .enablePositionalOptions(false)
    .exitOverride();
  for (const { name, summary, load } of verbs) {
    const command = program.command(name).description(summary);
    // Loading takes longer than many a verb: the others are only listed.
    if (!argv.includes(name)) continue;
    const verb = await load();
    addUsage(command, verb, async (call) => {
      try {
        const { runVerb } = await import('./run-verb.ts');
        const answer = await runVerb({ name, how: verb.how }, call);
        printAnswer(answer, call.global.output);
        exit = answer.exit;
      } catch (error) {
        exit = printFault(error, call.global.output);
      }
    });
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) return printFault(error, formatOf(program));
    return error.exitCode === 0 ? 0 : 2;
  }
  return exit;
}

const formatOf = (program: Command) => (program.opts() as GlobalOptions).output;

/** A reader that has seen enough, such as `head`, is no mishap. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

/** What nobody awaited: the next run goes on from the disk as after a kill. Node.js would leave with 1, which is an answer. */
function endLoudly(error: unknown): void {
  process.exit(printFault(error, 'table'));
}

if (import.meta.main) {
  process.on('uncaughtException', endLoudly);
  process.stdout.on('error', endQuietly);
  process.stderr.on('error', endQuietly);
  process.exitCode = await main(process.argv.slice(2));
}
