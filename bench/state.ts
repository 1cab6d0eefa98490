/** Reads and writes a second of the state store. */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../connectors/clock/system.ts';
import { openBigtableStore } from '../connectors/state/bigtable.ts';
import type { StateStore } from '../connectors/state/port.ts';
import { candlesOf, findRecord, keepNewest } from '../connectors/state/records.ts';
import { openSqliteStore } from '../connectors/state/sqlite.ts';
import type { Candle } from '../schemas/candle.ts';
import { MINUTE_MS } from '../schemas/primitives.ts';
import { createStateTable, startBigtable } from '../test/bigtable/bigtable.ts';
import { wantsGo } from '../test/go-server.ts';
import { type Benchmark, percentile, type Row } from './benchmark.ts';

const BARS = 1_500;
const SYMBOLS = Array.from({ length: 25 }, (_, i) => `COIN${i}USDT`);
/** The last bar opens at the beginning of this minute, so that none has ended. */
const END = Math.floor(systemClock.now() / MINUTE_MS) * MINUTE_MS;

const bar = (number: number, revision = 1): Candle => ({
  id: '',
  venue: 'bybit',
  symbol: SYMBOLS[number % SYMBOLS.length]!,
  interval: '1m',
  openTime: END - Math.floor(number / SYMBOLS.length) * MINUTE_MS,
  open: 60_000.1,
  high: 60_010,
  low: 59_999.9,
  close: 60_000.5,
  volume: 12.345,
  turnover: 740_706.1725,
  buyVolume: 6.1,
  trades: 321,
  vwap: 60_000.5,
  coverage: 1,
  filled: false,
  complete: true,
  revision,
});

/** The `number`th call. */
type Call = (store: StateStore, number: number) => Promise<unknown>;

const keep: Call = (store, number) => keepNewest(store, 'candle', bar(number % (BARS * 25)));
const find: Call = (store, number) => findRecord(store, 'candle', bar(number % (BARS * 25)));
const series: Call = (store, number) =>
  candlesOf(store, { venue: 'bybit', symbol: SYMBOLS[number % 25]!, interval: '1m', limit: 200 });
const increment: Call = async (store, number) => {
  const key = `counter#${number % 25}`;
  const before = (await store.get(key))?.count;
  const condition =
    before === undefined ? ({ cell: 'count', absent: true } as const) : { cell: 'count', is: before };
  await store.compareAndSet(key, condition, { count: String(Number(before ?? 0) + 1) });
};

interface Load {
  readonly name: string;
  readonly call: Call;
  /** Calls under way at once. */
  readonly clients: number;
  readonly calls: number;
  /** Rows to be there before. */
  readonly isFilled: boolean;
}

const LOADS: readonly Load[] = [
  { name: 'candle kept, one after the other', call: keep, clients: 1, calls: 2_000, isFilled: false },
  { name: 'candles kept, 500 at once', call: keep, clients: 500, calls: 37_500, isFilled: false },
  { name: 'row read and compared-and-set', call: increment, clients: 1, calls: 2_000, isFilled: false },
  {
    name: '25 rows read and compared-and-set at once',
    call: increment,
    clients: 25,
    calls: 10_000,
    isFilled: false,
  },
  { name: 'candle read', call: find, clients: 1, calls: 20_000, isFilled: true },
  { name: 'newest 200 candles of a series read', call: series, clients: 1, calls: 300, isFilled: true },
];

/** Runs the calls; `between` runs after each call of a single client, outside of its time. */
async function measure(
  store: StateStore,
  { call, clients, calls, isFilled }: Load,
  between: () => void = () => {},
): Promise<Row> {
  for (let bars = 0; isFilled && bars < BARS * 25; bars += 500) {
    await Promise.all(Array.from({ length: 500 }, (_, i) => keep(store, bars + i)));
  }
  const times: number[] = [];
  let next = 0;
  const client = async () => {
    while (next < calls) {
      const from = performance.now();
      await call(store, next++);
      times.push(performance.now() - from);
      if (clients === 1) between();
    }
  };
  const from = performance.now();
  await Promise.all(Array.from({ length: clients }, client));
  const ms = clients === 1 ? times.reduce((sum, time) => sum + time, 0) : performance.now() - from;
  const [p50, p99] = percentiles(times);
  const perSecond = Math.round((calls / ms) * 1e3).toLocaleString('en-US');
  return { calls: calls.toLocaleString('en-US'), 'calls/s': perSecond, p50, p99 };
}

function percentiles(times: number[]): [string, string] {
  times.sort((a, b) => a - b);
  return [`${percentile(times, 0.5).toFixed(2)} ms`, `${percentile(times, 0.99).toFixed(2)} ms`];
}

/** The disk itself, in the same moments: a page appended to a file and synced. */
class DiskProbe {
  readonly times: number[] = [];
  readonly #page = Buffer.alloc(4_096);
  readonly #file: number;

  constructor(dir: string) {
    this.#file = openSync(join(dir, 'probe'), 'w');
  }

  sync(): void {
    const from = performance.now();
    writeSync(this.#file, this.#page);
    fdatasyncSync(this.#file);
    this.times.push(performance.now() - from);
  }

  close(): void {
    closeSync(this.#file);
  }
}

async function onSqlite(load: Load): Promise<Row> {
  const dir = mkdtempSync(join(tmpdir(), 'cst-bench-'));
  const store = await openSqliteStore({ path: join(dir, 'state.db'), clock: systemClock });
  const disk = new DiskProbe(dir);
  try {
    const isSynced = load.clients === 1 && !load.isFilled;
    const row = await measure(store, load, isSynced ? () => disk.sync() : undefined);
    return { ...row, 'disk sync alone, p50': isSynced ? percentiles(disk.times)[0] : '' };
  } finally {
    await store.close();
    disk.close();
    rmSync(dir, { recursive: true });
  }
}

async function onBigtable(load: Load): Promise<Row | null> {
  if (!wantsGo()) return null;
  const server = await startBigtable();
  const at = { project: 'bench-project', instance: 'bench', table: 'state' };
  await createStateTable(server, at);
  const store = openBigtableStore({ ...at, endpoint: server.address, clock: systemClock, timeoutMs: 60_000 });
  try {
    return { ...(await measure(store, load)), 'disk sync alone, p50': '' };
  } finally {
    await store.close();
    await server.stop();
  }
}

export const state: Benchmark = {
  name: 'state',
  about:
    'Candles and counters in the state store, 25 series of 1,500 bars where they are read. SQLite: one process, each write on disk when it returns, those of one turn of the event loop together; a write alone costs one sync of the disk, which is measured between the writes, because it differs by ten times from minute to minute on a shared disk. Bigtable: the client against Google’s in-memory emulator over gRPC on this machine, which is no measure of the service.',
  cases: [
    ...LOADS.map((load) => ({ name: `SQLite: ${load.name}`, run: () => onSqlite(load) })),
    ...LOADS.map((load) => ({ name: `Bigtable emulator: ${load.name}`, run: () => onBigtable(load) })),
  ],
};
