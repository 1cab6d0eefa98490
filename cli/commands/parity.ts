/** `cst parity`: whether live signals are those of a replay of the recording, and why not. */
import type { Command } from 'commander';
import { VENUES } from '../../schemas/primitives.ts';
import { addConfigOption, choiceOption, folderOption, settingsOption } from '../option-kinds.ts';
import type { ParityFlags } from '../parity/run.ts';

const HELP = `
The same feed through the same graph gives the same signals. Where a live signal is not that of a replay of what cst
record (or cst relay --record) wrote meanwhile, the cause is told, with what it was seen by:
  CHANGED_PARAMETER   params_hash is another: live ran with other parameters than cst.json, the environment and --params say
  MISSING_MINUTE      a bar that one side has not, not whole, or without any trade; with the entry of its gap ledger
  LATE_TRADE          a bar that was revised after its close on one side: a trade came after it was decided on
  MISSING_TRADES      a bar of fewer or other trades on one side, though it is held for whole on both
  WARM_UP             one side did not yet know enough bars
  UNKNOWN             none of these: please report it
Exit code 0: all are the same. 1: some differ. 2: there is no history.

The replay has the parameters that cst start would have here: of cst.json, the environment and --params (cst config show).
--dir is the folder of cst start --dir (with --record), whose history must not be open elsewhere, or duckdb:PATH or
bigquery:PROJECT.DATASET. The replay is warmed with the bars that the stack began with, which cst start
--record writes beside the frames; without them with those of its history from before the recording, or of --history.
Compared is until the last bar that both closed: a stack that is stopped leaves its last minutes to its successor.

Examples:
  cst start --record frames --for 600 && cst parity --dir .cst --frames frames
  cst parity --dir duckdb:history.duckdb --frames frames --timerange 20250601-20250602 --params p.json --json
`;

export function addParity(program: Command): void {
  const command = program
    .command('parity')
    .summary('live signals against a replay of the recording')
    .description('Compares the signals that a stack published with those of a replay, and names each cause.');
  addConfigOption(command)
    .addOption(folderOption('--dir <place>', 'required: what a stack kept of its life'))
    .addOption(folderOption('--frames <dir>', 'required: raw frames that cst record wrote'))
    .addOption(choiceOption('--venue <name>', 'of several in the recording', VENUES))
    .addOption(
      settingsOption(
        '--params <file>',
        'JSON with parameters that live ran with, where they are not those set here',
        'signals',
      ),
    )
    .addOption(folderOption('--history <dir>', 'output of cst replay whose candles warm the graph instead'))
    .option(
      '--timerange <range>',
      'signals compared, e.g. 20250601-20250602; all of the recording where left out',
    )
    .option('--json', 'one JSON object on stdout instead of text')
    .addHelpText('after', HELP)
    .action(async (flags: ParityFlags) => {
      const { runParity } = await import('../parity/run.ts');
      return runParity(flags);
    });
}
