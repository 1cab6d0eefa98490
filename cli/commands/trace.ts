/** `cst trace`: its flags. What it does is loaded when it is asked for. */
import type { Command } from 'commander';
import { folderOption } from '../option-kinds.ts';
import type { TraceFlags } from '../trace/run.ts';

const HELP = `
ID is that of a signal, a position event or a trace, or the beginning of one; where several fit, they are listed. Without it: the
newest signals. Stages follow each other, so that they add up to what lies between bar close and alert; the chart comes
after it. Times are of the stack's clock: of the market where that is simulated, and 60 times as long then as they took.
In the cloud spans go to Cloud Trace, where the trace's id finds them.

Examples:
  cst trace                                      the newest signals
  cst trace champion:default:SOLUSDT             … those of one strategy and pair
  cst trace ID --json | jq '.stages[] | [.stage, .ms]'
`;

export function addTrace(program: Command): void {
  program
    .command('trace')
    .summary("where a signal's milliseconds went")
    .description('Shows the way of a signal through the stack, also while it runs.')
    .argument('[id]', 'signal, position event or trace')
    .addOption(folderOption('--dir <dir>', 'folder of cst start, or of one stack in it', '.cst'))
    .option('--json', 'one object a signal')
    .addHelpText('after', HELP)
    .action(async (id: string | undefined, flags: TraceFlags) => {
      const { runTrace } = await import('../trace/run.ts');
      await runTrace(id, flags);
    });
}
