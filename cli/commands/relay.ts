/** `cst relay`: its flags. What it does is loaded when it is asked for: no other command should wait for it. */
import type { Command } from 'commander';
import { addFeedFlags } from '../feed-flags.ts';
import { choiceOption, folderOption } from '../option-kinds.ts';
import { RELAY_BUSES, type RelayFlags } from '../relay-flags.ts';

const HELP = `
Reads the exchange's public WebSockets and REST and publishes raw-tick-data, book-snapshots, feed-events (the ledger of
everything that was missing) and dead-letters; docs/MESSAGES.md describes them. Trades missed while a connection was
down are fetched by REST; what cannot be had again is a GAP in feed-events, and its minutes stay incomplete.
With --bus embedded nobody else can read what is published: that is for trying out, and for --record.

While the bus is away sockets are paused, then trades go to --spill and are published later, in order. With --lease two
relays run and one publishes: the other takes over within seconds, at once where the first was asked to stop.

GET /healthz   200 while it is of use; else 503 with the reasons: no connection for a minute, a bus or a lease that has
               failed for half a minute, stopping. A relay that stands by is well.
GET /live      200 while the process answers: what a platform should restart it by.
GET /metrics   Prometheus: age, rate, lag, gaps, resyncs of each stream; queue, spill, drops, reconnects, clock, lease.
Without --health-port only this machine can ask; the port is in the first lines of the log.

SIGTERM: closes the connections, publishes what was received and ends within 10 seconds; the second signal ends at once.
Log: on stderr; where that is no terminal, one JSON object a line.

Examples:
  cst relay --venue bybit --bus pubsub --project my-project --health-port 8080
  cst relay --venue bybit --universe 50 --copies 2 --bus pubsub --project my-project --lease gs://my-bucket/relay/bybit
  cst relay --venue kraken --symbols BTC/USDT,ETH/USDT --record frames --keep-days 7
  cst twin --port 9000 &
  cst relay --venue bybit --ws-url ws://127.0.0.1:9000/v5/public/linear --rest-url http://127.0.0.1:9000
`;

export function addRelay(program: Command): void {
  const command = program
    .command('relay')
    .summary("an exchange's trades, books and funding onto the bus")
    .description('Relays one exchange until it is told to stop.');
  addFeedFlags(command)
    .addOption(choiceOption('--bus <name>', 'where messages travel', RELAY_BUSES, 'embedded'))
    .option('--project <id>', 'Google Cloud project; default GOOGLE_CLOUD_PROJECT')
    .option('--create', 'make topics and subscriptions that are missing; default on an emulator')
    .addOption(folderOption('--dir <dir>', 'folder of the embedded bus', '.cst/relay'))
    .addOption(folderOption('--record <dir>', 'write down all that comes in, for cst replay --frames'))
    .addOption(
      folderOption(
        '--spill <dir>',
        'where trades wait while the bus is away; default DIR/spill with the embedded bus',
      ),
    )
    .option('--lease <where>', 'file:PATH or gs://BUCKET/OBJECT, shared by two relays of which one publishes')
    .addHelpText('after', HELP)
    .action(async (flags: RelayFlags) => (await import('../run-relay.ts')).runRelay(flags));
}
