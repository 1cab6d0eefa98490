/** `cst record`: its flags. What it does is loaded when it is asked for: no other command should wait for it. */
import type { Command } from 'commander';
import { addFeedFlags } from '../feed-flags.ts';
import { folderOption } from '../option-kinds.ts';
import type { RecordFlags } from '../relay-flags.ts';

const HELP = `
Everything the exchange sends goes to compressed files, raw and whole, with the instant it came: DIR/VENUE/, one file an
hour. Nothing is published. What was recorded is run again, bit for bit, by: cst replay --frames DIR --out out
A process that is killed loses the last two seconds. A full disk ends the recording with an error in the log.
The files are NDJSON in zstd: zstdcat DIR/bybit/*.zst | jq -r 'select(.kind == "frame") | .frame'

Examples:
  cst record --venue bybit --out frames --for 3600
  cst record --venue bybit --universe 50 --out frames --keep-gb 20
  cst record --venue kraken --symbols BTC/USDT --out frames --keep-days 7
`;

export function addRecord(program: Command): void {
  const command = program
    .command('record')
    .summary('all that an exchange sends, into files that replay')
    .description('Records the raw frames of one exchange until it is told to stop.');
  addFeedFlags(command)
    .addOption(folderOption('--out <dir>', 'required: folder to write to; made where missing'))
    .addHelpText('after', HELP)
    .action(async (flags: RecordFlags) => (await import('../run-relay.ts')).runRecord(flags));
}
