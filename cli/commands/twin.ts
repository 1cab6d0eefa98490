/** `cst twin`: its flags. What it does is loaded when it is asked for: no other command should wait for it. */
import type { Command } from 'commander';
import { FAULTS } from '../../connectors/exchanges/simulated/faults/faults.ts';
import { LENGTHS, PORTS, SEEDS } from '../flags.ts';
import { fileOption, numberOption } from '../option-kinds.ts';
import type { TwinFlags } from '../run-twin.ts';
import { wrap } from '../wrap.ts';

const KINDS = wrap(`Kinds: ${Object.keys(FAULTS).join(', ')}.`, 100, '  ').join('\n');

const HELP = `
A seeded market behind the protocols of Bybit v5 (linear) and Kraken v2, WebSocket and REST on one port. No network, no
account, no limits: for tests of any program that reads these exchanges, in any language.

It fails on demand, over HTTP from this machine:
  GET /twin               addresses, symbols, connections
  GET /twin/faults        what each fault did
  POST /twin/faults       [{"kind": "drop", "venue": "bybit", "afterMs": 1000}], or {"chaos": {…}}
  DELETE /twin/faults     faults to come are called off
  GET /twin/truth         ?venue=bybit&symbol=BTCUSDT&from=MS&to=MS: the candles as they truly were

--faults FILE reads such a list to begin with; --chaos N draws N faults an hour from the seed.
${KINDS}

Examples:
  cst twin
  cst twin --port 9000 --seed 7 --speed 60
  cst twin --port 9000 --chaos 120
  curl -s localhost:9000/twin/faults -d '[{"kind": "gap", "venue": "bybit", "afterMs": 0, "stream": "trades"}]'
`;

export function addTwin(program: Command): void {
  program
    .command('twin')
    .summary('an exchange on this machine that fails on demand')
    .description('Runs simulated exchanges that speak the protocols of Bybit and Kraken.')
    .addOption(numberOption('--port <port>', 'default a free one', PORTS))
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .addOption(numberOption('--seed <number>', 'which market is simulated', SEEDS, 1))
    .addOption(numberOption('--speed <factor>', 'market seconds per second', { min: 0.1, max: 1_000 }, 1))
    .addOption(fileOption('--faults <file>', 'JSON list of faults to begin with'))
    .addOption(
      numberOption('--chaos <number>', 'faults an hour of market time, drawn from the seed', {
        min: 0,
        max: 400,
      }),
    )
    .addOption(numberOption('--for <seconds>', 'stop by itself after so many seconds', LENGTHS))
    .addHelpText('after', HELP)
    .action(async (flags: TwinFlags) => (await import('../run-twin.ts')).runTwin(flags));
}
