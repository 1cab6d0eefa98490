/** `cst start`: its flags. What it does is loaded when it is asked for: no other command should wait for it. */
import type { Command } from 'commander';
import { addDashboardOptions } from '../dashboard-flags.ts';
import { LENGTHS, PORTS, SEEDS } from '../flags.ts';
import {
  addConfigOption,
  folderOption,
  numberOption,
  settingsOption,
  symbolsOption,
} from '../option-kinds.ts';
import { SPEEDS, type StartFlags } from '../start-flags.ts';

const HELP = `
Alerts (entries, exits, biases, charts) go to stdout as lines for people, with --json as {"topic", "message"}, one object
a line, signals and refusals among them. Status and notices go to stderr. DIR keeps every alert and each chart as PNG.
With CST_TELEGRAM_TOKEN (or _FILE) and CST_TELEGRAM_CHATS (numbers, separated by commas) in the environment alerts go to
Telegram, too.
Trades are paper, and no order leaves this machine, unless --desk gives a book "execution": "broker" and {"broker":
{"enabled": true}}: then it lives on the account whose keys are in CST_BYBIT_KEY and CST_BYBIT_SECRET (or _FILE), on Bybit's testnet.
The dashboard shows all of it in a browser on this machine, at the address printed first. For others, give --dashboard-host, and
a secret in CST_DASHBOARD_TOKEN (or _FILE) that the page asks for: there is no encryption, so put a proxy with TLS in front.
With CST_DEADMAN_URL in the environment that address is asked each minute while all is well (docs/RUNBOOK.md).
Ctrl-C publishes what was received, closes cleanly and prints a summary; a second one ends at once.
A simulation begins afresh each time, and its --record wants a folder without a recording; live history stays in DIR and warms the next start.

Examples:
  cst start                                     a simulated exchange, 60 market seconds a second
  cst start --speed 10 --seed 7                 slower, another market
  cst start --live                              Bybit, the 25 perpetuals with the highest turnover
  cst start --live --symbols BTCUSDT,ETHUSDT    … these two alone
  cst start --desk desk.json                    {"desk": {"books": [{"book": "a"}, {"book": "b", "risk": {"margin": 0.05}}]}}
  cst start --record frames                     … and then: cst parity --dir .cst/simulated --frames frames
  cst start --open --replays recordings         the dashboard, and recordings to replay in it
  cst start --json | jq .message.reason         why each position was opened, closed or refused
`;

export function addStart(program: Command): void {
  const start = program
    .command('start')
    .summary('the whole stack on this machine, simulated or live')
    .description('Runs exchange, relay, bus, graph, desk, alerts, charts and history in one process.')
    .option('--live', "read Bybit's public endpoints instead of the simulated exchange")
    .addOption(symbolsOption('--symbols <list>', 'symbols, separated by commas'))
    .addOption(numberOption('--speed <factor>', 'market seconds per second of the simulation', SPEEDS, 60))
    .addOption(numberOption('--seed <number>', 'which market is simulated', SEEDS, 1))
    .addOption(
      settingsOption('--params <file>', 'JSON with parameters that differ from the default', 'signals'),
    )
    .addOption(
      settingsOption(
        '--desk <file>',
        'JSON with settings of desk, macro, notifier and broker that differ from the default',
        'stack',
      ),
    )
    .option('--json', 'messages on stdout instead of lines for people')
    .addOption(folderOption('--dir <dir>', 'folder of bus, history, state and alerts', '.cst'))
    .addOption(
      folderOption(
        '--record <dir>',
        'keep all that the exchange told, for cst parity and cst replay --frames',
      ),
    )
    .addOption(
      numberOption(
        '--health-port <port>',
        'answer health checks and scrapes of /metrics on this port, from anywhere',
        PORTS,
      ),
    )
    .addOption(numberOption('--for <seconds>', 'stop by itself after so many seconds', LENGTHS));
  addConfigOption(addDashboardOptions(start))
    .addHelpText('after', HELP)
    .action(async (flags: StartFlags) => (await import('../run-start.ts')).runStart(flags));
}
