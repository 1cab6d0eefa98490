/** Flags that all commands have that read an exchange. */
import type { Command } from 'commander';
import { VENUES } from '../schemas/primitives.ts';
import { addConfigOption } from './option-kinds.ts';
import { MAX_COPIES, MAX_UNIVERSE } from './relay-flags.ts';

export function addFeedFlags(command: Command): Command {
  return addConfigOption(command)
    .option('--venue <name>', `exchange: ${VENUES.join(', ')}`, 'bybit')
    .option('--symbols <list>', 'symbols, separated by commas; default the universe')
    .option('--universe <number>', `the first by turnover over 24 h, at most ${MAX_UNIVERSE}; default 25`)
    .option('--copies <number>', `connections that carry each stream, at most ${MAX_COPIES}`, '1')
    .option('--ws-url <url>', "WebSocket of the exchange's twin; default the exchange's own")
    .option('--rest-url <url>', "REST of the exchange's twin; default the exchange's own")
    .option('--keep-days <number>', 'of what is recorded, no older files')
    .option('--keep-gb <number>', 'of what is recorded, no more than so many GB')
    .option('--health-port <port>', 'answer health checks on this port, from anywhere')
    .option('--for <seconds>', 'stop by itself after so many seconds');
}
