/**
 * Days of market time through adapter, feed and outbox as fast as they go: memory must not grow, and no count may
 * drift. `node bench/soak.ts --hours 24 --symbols 25 --rate 200`: a line each hour, then a summary as JSON.
 */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { HOUR_MS } from '../schemas/primitives.ts';
import { Soak } from './soak-feed.ts';
import { SoakMarket } from './soak-market.ts';

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '24' },
    symbols: { type: 'string', default: '25' },
    rate: { type: 'string', default: '20' },
  },
});
const [hours, symbols, rate] = [values.hours, values.symbols, values.rate].map(Number) as [
  number,
  number,
  number,
];

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;
const rssMb: number[] = [];
const heapMb: number[] = [];
const megabytes = (bytes: number) => Math.round(bytes / 1e5) / 10;

const started = performance.now();
const elapsed = () => Math.round((performance.now() - started) / 1e3);
const soak = new Soak(new SoakMarket(symbols, rate));
await soak.open();
for (let hour = 1; hour <= hours; hour++) {
  await soak.playTo(hour * HOUR_MS);
  gc();
  const { rss, heapUsed } = process.memoryUsage();
  rssMb.push(megabytes(rss));
  heapMb.push(megabytes(heapUsed));
  const memory = `RSS ${rssMb.at(-1)} MB, heap ${heapMb.at(-1)} MB`;
  process.stderr.write(`hour ${hour}: ${soak.tally.trades} trades, ${memory}, ${elapsed()} s\n`);
}
const ended = await soak.end();
const { trades, misplaced, snapshots, unproven, claimed, events } = soak.tally;
const counts = {
  generated: (soak.market.traded - soak.market.before) * symbols,
  trades,
  misplaced,
  snapshots,
  unproven,
  claimed,
};
const summary = { hours, symbols, rate, seconds: elapsed(), ...counts, ...ended, events, rssMb, heapMb };
process.stdout.write(`${JSON.stringify(summary)}\n`);
