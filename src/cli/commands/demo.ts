import { tellDemo } from '../demo/tell-demo.ts';
import { paintFor } from '../paint.ts';
import { textOption, type Verb } from '../verb.ts';

export const demoVerb: Verb = {
  options: [
    ['--dir <dir>', 'an empty folder to play in; a new temporary one unless given'],
    ['--keep-serving', 'keep the dashboard up until interrupted (the default on a terminal)'],
  ],
  examples: ['sluice demo', 'sluice demo --dir /tmp/sluice-demo --keep-serving'],
  how: {
    needs: 'nothing',
    async run(call) {
      const told = await tellDemo({
        paint: paintFor(process.stdout),
        write: (text) => process.stdout.write(text),
        directory: textOption(call, 'dir'),
        keepServing: call.options.keepServing === true || process.stdout.isTTY === true,
      });
      return {
        kind: 'Demo',
        data: told,
        text: () =>
          `The folder ${told.directory} holds it all; the dashboard comes back with:\n  ${told.again}\n`,
        exit: 0,
      };
    },
  },
};
