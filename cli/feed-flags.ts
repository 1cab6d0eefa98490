/** Flags that all commands have that read an exchange. */
import type { Command } from 'commander';
import { VENUES } from '../schemas/primitives.ts';
import { LENGTHS, PORTS } from './flags.ts';
import { addConfigOption, choiceOption, numberOption, symbolsOption } from './option-kinds.ts';
import { MAX_COPIES, UNIVERSES } from './relay-flags.ts';

const COPIES = { min: 1, max: MAX_COPIES, isWhole: true };

export function addFeedFlags(command: Command): Command {
  return addConfigOption(command)
    .addOption(choiceOption('--venue <name>', 'exchange', VENUES, 'bybit'))
    .addOption(symbolsOption('--symbols <list>', 'symbols, separated by commas; default the universe'))
    .addOption(
      numberOption('--universe <number>', 'so many of the highest turnover in 24 h; default 25', UNIVERSES),
    )
    .addOption(numberOption('--copies <number>', 'connections that carry each stream', COPIES, 1))
    .option('--ws-url <url>', "WebSocket of the exchange's twin; default the exchange's own")
    .option('--rest-url <url>', "REST of the exchange's twin; default the exchange's own")
    .addOption(
      numberOption('--keep-days <number>', 'of what is recorded, no older files', { min: 0.01, max: 10_000 }),
    )
    .addOption(
      numberOption('--keep-gb <number>', 'of what is recorded, no more GB', { min: 0.001, max: 1e6 }),
    )
    .addOption(
      numberOption('--health-port <port>', 'answer health checks on this port, from anywhere', PORTS),
    )
    .addOption(numberOption('--for <seconds>', 'stop by itself after so many seconds', LENGTHS));
}
