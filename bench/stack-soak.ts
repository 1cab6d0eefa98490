/**
 * A day of market time through the whole stack in this process, without a dashboard, as fast as it goes: memory must
 * not grow. `node bench/stack-soak.ts --hours 24 --every 60 --symbols 25`: a line each `every` minutes of the market,
 * then a summary as JSON.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { keepHeapSmall } from '../cli/lean-heap.ts';
import { LocalStack } from '../cli/local-stack.ts';
import { simulatedSource } from '../cli/market-source.ts';
import { DEFAULT_STACK_CONFIG } from '../cli/stack-config.ts';
import { INSTRUMENTS } from '../connectors/exchanges/simulated/instruments.ts';
import { SignalParams } from '../schemas/params.ts';
import { HOUR_MS, MINUTE_MS } from '../schemas/primitives.ts';

/** Faster than any machine is. */
const SPEED = 100_000;
const START = Date.UTC(2026, 2, 2);

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '24' },
    /** Between two samples. Unit: market minutes. */
    every: { type: 'string', default: '60' },
    symbols: { type: 'string', default: '25' },
    /** How often a book may change: most of the work, and none of the memory. Unit: market ms. */
    books: { type: 'string', default: '1000' },
  },
});
const endMs = START + Number(values.hours) * HOUR_MS;
const everyMs = Number(values.every) * MINUTE_MS;

keepHeapSmall();
setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;
const megabytes = (bytes: number) => Math.round(bytes / 1e5) / 10;
const started = performance.now();
const elapsed = () => Math.round((performance.now() - started) / 1e3);

const symbols = INSTRUMENTS.slice(0, Number(values.symbols)).map(({ symbol }) => symbol);
const dir = mkdtempSync(join(tmpdir(), 'stack-soak-'));
const told: string[] = [];
let charts = 0;
const source = await simulatedSource({
  seed: 1,
  speed: SPEED,
  symbols,
  startMs: START,
  bookEveryMs: Number(values.books),
});
const stack = await LocalStack.open({
  source,
  symbols,
  dir,
  seed: 1,
  survives: 'process',
  telegram: null,
  params: SignalParams.parse({}),
  config: DEFAULT_STACK_CONFIG,
  notice: (line) => void told.push(line),
  onChart: () => {
    charts += 1;
  },
});
const running = stack.run();
const rssMb: number[] = [];
const aliveMb: number[] = [];
for (let atMs = START + everyMs; atMs <= endMs; atMs += everyMs) {
  await Promise.race([source.clock.until(atMs), running]);
  const { rss } = process.memoryUsage();
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  rssMb.push(megabytes(rss));
  aliveMb.push(megabytes(heapUsed + arrayBuffers));
  const hours = ((atMs - START) / HOUR_MS).toFixed(1);
  const memory = `RSS ${rssMb.at(-1)} MB, alive ${aliveMb.at(-1)} MB`;
  process.stderr.write(`${hours} h: ${memory}, ${stack.backlog()} in flight, ${elapsed()} s\n`);
}
const trades = stack.relay().symbols.reduce((sum, { publishedTrades }) => sum + publishedTrades, 0);
const alerts = stack.alerts().SENT;
await stack.stop();
await running;
await source.close();
rmSync(dir, { recursive: true, force: true });
const seconds = elapsed();
const cpuSeconds = Math.round((process.cpuUsage().user + process.cpuUsage().system) / 1e6);
const counts = { trades, alerts, charts, notices: told.length, lastNotices: told.slice(-3) };
process.stdout.write(
  `${JSON.stringify({ hours: Number(values.hours), seconds, cpuSeconds, ...counts, rssMb, aliveMb })}\n`,
);
