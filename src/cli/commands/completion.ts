import { Fault } from '../../model/index.ts';
import { plainAnswer } from '../answer.ts';
import { textArgument, type Verb } from '../verb.ts';

/** Completion of verbs and options for bash and zsh; `verbs` is passed in because this verb is one of them. */
export function completionVerb(verbs: () => readonly Verb[]): Verb {
  return {
    name: 'completion',
    summary: 'print a completion script for bash or zsh',
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
        const bash = bashScript(verbs());
        return plainAnswer(
          'Completion',
          shell === 'bash' ? bash : `autoload -U +X bashcompinit && bashcompinit\n${bash}`,
        );
      },
    },
  };
}

function bashScript(verbs: readonly Verb[]): string {
  const names = verbs.map((v) => v.name).join(' ');
  const cases = verbs.map((v) => {
    const flags = (v.options ?? []).flatMap(([f]) => f.match(/--[a-z-]+/g) ?? []);
    return `    ${v.name}) words="${['--policy --state --output --help', ...flags].join(' ')}" ;;`;
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
