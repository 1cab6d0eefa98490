import { expect, it } from 'vitest';
import { UpstreamError, WireFormatError } from '../../schemas/errors.ts';
import { standardAttributes } from '../../schemas/pubsub-message.ts';
import { encodeBarBatch, encodeTradeBatch } from '../../schemas/trade-batch.ts';
import { openEmbeddedBus } from '../bus/embedded.ts';
import type { OutgoingMessage } from '../bus/port.ts';
import { ManualClock } from '../clock/manual.ts';
import { candle, wire } from './contract.ts';
import { openDuckDbHistory } from './duckdb.ts';
import type { History } from './port.ts';
import { type RecordHistoryOptions, recordHistory } from './subscriber.ts';

const TOPICS = ['market-candles', 'raw-tick-data', 'dead-letters'] as const;
const START = Date.UTC(2024, 2, 1);
const bytes = (text: string) => new TextEncoder().encode(text);
const message = (id: string, data: Uint8Array): OutgoingMessage => ({
  data,
  attributes: standardAttributes(id, START),
  orderingKey: '',
});
const candleMessage = (revision: number) => {
  const bar = wire(candle({ revision }));
  return message(bar.id, bytes(JSON.stringify(bar)));
};

interface Start extends Partial<RecordHistoryOptions> {
  /** Runs before each insert, and may refuse it. */
  readonly before?: (rows: Parameters<History['insert']>[1]) => void;
}

async function start({ before, ...options }: Start = {}) {
  const clock = new ManualClock(START);
  const bus = await openEmbeddedBus({ dir: null, clock });
  const inner = await openDuckDbHistory({ path: ':memory:' });
  const inserts: number[] = [];
  const waiting: (() => void)[] = [];
  /** The history, telling how many rows each insert brought. */
  const history: History = {
    candles: (query) => inner.candles(query),
    close: () => inner.close(),
    query: (sql, parameters) => inner.query(sql, parameters),
    async insert(table, rows) {
      before?.(rows);
      await inner.insert(table, rows);
      inserts.push(rows.length);
      for (const wake of waiting.splice(0)) wake();
    },
  };
  const recorder = await recordHistory({ bus, history, clock, topics: TOPICS, ...options });
  const inserted = () => new Promise<void>((resolve) => waiting.push(resolve));
  return { clock, bus, history, recorder, inserts, inserted };
}

const count = async (history: History, table: string) =>
  (await history.query(`SELECT count(*)::INTEGER AS n FROM ${table}`))[0]!.n;

it('gathers messages for a while, then inserts them together', async () => {
  const { clock, bus, history, recorder, inserts, inserted } = await start();
  await bus.publish('market-candles', [candleMessage(1), candleMessage(2)]);
  await bus.publish('market-candles', [candleMessage(3)]);
  const written = inserted();
  await clock.advanceTo(START + 199);
  expect(inserts).toEqual([]);
  await clock.advanceTo(START + 200);
  await written;
  expect(inserts).toEqual([3]);
  await recorder.close();
  expect(await count(history, 'candles')).toBe(3);
  await bus.close();
});

it('inserts at once when enough have gathered', async () => {
  const { bus, recorder, inserts, inserted } = await start({ maxMessages: 2 });
  const written = inserted();
  await bus.publish('market-candles', [candleMessage(1), candleMessage(2), candleMessage(3)]);
  await written;
  expect(inserts).toEqual([2]);
  await recorder.close();
  expect(inserts).toEqual([2, 1]);
  await bus.close();
});

it('takes trade batches apart, and leaves batches of bars alone', async () => {
  const { bus, history, recorder } = await start();
  const trades = [
    { tradeId: 'a', seq: 1, ts: START + 5, price: 61_000.1, size: 0.001, side: 'BUY' as const },
    { tradeId: 'b', seq: 2, ts: START + 5, price: 61_000.2, size: 0.5, side: 'SELL' as const },
  ];
  const batch = { venue: 'bybit', symbol: 'BTCUSDT', claim: null, last: null } as const;
  await bus.publish('raw-tick-data', [
    message('1', encodeTradeBatch({ ...batch, trades })),
    message('2', encodeTradeBatch({ ...batch, trades: trades.slice(1) })),
    message('3', encodeBarBatch({ venue: 'bybit', symbol: 'BTCUSDT', candles: [candle()] })),
  ]);
  await recorder.close();
  expect(await history.query('SELECT * FROM ticks ORDER BY seq')).toEqual(
    trades.map((trade) => ({
      id: `bybit:BTCUSDT:${trade.tradeId}`,
      venue: 'bybit',
      symbol: 'BTCUSDT',
      ...trade,
      ts: '2024-03-01T00:00:00.005Z',
    })),
  );
  await bus.close();
});

it('turns messages it cannot read into dead letters, and goes on', async () => {
  const { bus, history, recorder } = await start();
  await bus.publish('market-candles', [
    message('x', bytes('{"half')),
    candleMessage(1),
    message('y', bytes(JSON.stringify({ ...wire(candle()), close: -1 }))),
    message('z', new Uint8Array([0xff, 0xfe])),
  ]);
  await bus.publish('raw-tick-data', [message('t', bytes('no batch'))]);
  await recorder.close();
  expect(await count(history, 'candles')).toBe(1);
  const letters = await history.query(
    'SELECT stage, source, reason, bytes, "eventTime" FROM dead_letters ORDER BY source',
  );
  expect(letters.map(({ stage, source }) => `${stage} ${source}`)).toEqual([
    'history:raw-tick-data t',
    'history:market-candles x',
    'history:market-candles y',
    'history:market-candles z',
  ]);
  expect(letters[1]).toMatchObject({
    bytes: Buffer.from('{"half').toString('base64'),
    eventTime: '2024-03-01T00:00:00.000Z',
  });
  expect(letters[2]!.reason).toMatch(/close/);
  await bus.close();
});

it('acknowledges only what is written: a failed insert is tried again', async () => {
  const disk = { isFull: true };
  let tell: (error: unknown) => void;
  const failed = new Promise<unknown>((resolve) => {
    tell = resolve;
  });
  const { bus, history, recorder, clock } = await start({
    maxMessages: 1,
    before: () => {
      if (disk.isFull) throw new UpstreamError('full');
    },
    onError: (_, error) => tell(error),
  });
  await bus.publish('market-candles', [candleMessage(1), candleMessage(2)]);
  expect(await failed).toBeInstanceOf(UpstreamError);
  disk.isFull = false;
  await clock.advanceTo(START + 1000);
  await recorder.close();
  expect(await count(history, 'candles')).toBe(2);
  expect((await bus.subscribe('market-candles', 'history')).backlog()).toBe(0);
  await bus.close();
});

it('finds the one message that the table refuses, and keeps the others', async () => {
  const { bus, history, recorder } = await start({
    before: (rows) => {
      if (rows.some(({ revision }) => revision === 2)) throw new WireFormatError('no twos');
    },
  });
  await bus.publish('market-candles', [1, 2, 3].map(candleMessage));
  await recorder.close();
  expect(await history.query('SELECT revision FROM candles ORDER BY revision')).toEqual([
    { revision: 1 },
    { revision: 3 },
  ]);
  expect(await history.query('SELECT reason FROM dead_letters')).toEqual([{ reason: 'no twos' }]);
  await bus.close();
});

it('rejects on close where the last messages cannot be written, and leaves them on the bus', async () => {
  const { bus, recorder } = await start({
    before: () => {
      throw new UpstreamError('full');
    },
  });
  await bus.publish('market-candles', [candleMessage(1)]);
  await expect(recorder.close()).rejects.toThrow('full');
  expect((await bus.subscribe('market-candles', 'history')).backlog()).toBe(1);
  await bus.close();
});
