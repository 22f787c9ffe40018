import { Fault } from '../../model/index.ts';
import { plainAnswer } from '../answer.ts';
import { type ListedVerb, textArgument, type Verb } from '../verb.ts';

/** Completion of verbs and options for bash and zsh; `verbs` is passed in because this verb is one of them. */
export function completionVerb(verbs: () => readonly ListedVerb[]): Verb {
  return {
    arguments: [['<shell>', 'bash or zsh']],
    examples: ['source <(sluice completion bash)'],
    how: {
      needs: 'nothing',
      async run(call) {
        const shell = textArgument(call, 0);
        if (shell !== 'bash' && shell !== 'zsh') {
          throw new Fault('Usage', {
            object: shell ?? '',
            check: 'no completion for this shell',
            expected: 'bash or zsh',
            fix: 'sluice completion bash',
          });
        }
        const bash = await bashScript(verbs());
        return plainAnswer(
          'Completion',
          shell === 'bash' ? bash : `autoload -U +X bashcompinit && bashcompinit\n${bash}`,
        );
      },
    },
  };
}

async function bashScript(verbs: readonly ListedVerb[]): Promise<string> {
  const names = verbs.map((v) => v.name).join(' ');
  const usages = await Promise.all(verbs.map(async (v) => ({ name: v.name, ...(await v.load()) })));
  const cases = usages.map(({ name, options = [] }) => {
    const flags = options.flatMap(([f]) => f.match(/--[a-z-]+/g) ?? []);
    return `    ${name}) words="${['--policy --state --output --help', ...flags].join(' ')}" ;;`;
  });
  return `_sluice() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words="${names} --policy --state --output --help"
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
    --policy|--state) COMPREPLY=($(compgen -d -- "$current")); return ;;
    --output) words="table json yaml" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _sluice sluice`;
}
