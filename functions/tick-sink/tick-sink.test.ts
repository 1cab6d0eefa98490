import fc from 'fast-check';
import { describe, expect, it, type TestContext } from 'vitest';
import { openEmbeddedBus } from '../../connectors/bus/embedded.ts';
import { pullAll } from '../../connectors/bus/fixture.ts';
import type { MessageBus, OutgoingMessage } from '../../connectors/bus/port.ts';
import { ManualClock } from '../../connectors/clock/manual.ts';
import type { History } from '../../connectors/history/port.ts';
import { UpstreamError, WireFormatError } from '../../schemas/errors.ts';
import { standardAttributes } from '../../schemas/pubsub-message.ts';
import { encodeTradeBatch } from '../../schemas/trade-batch.ts';
import { LIMITS, sinkTicks, type TickSinkLimits, type TickSinkPorts } from './tick-sink.ts';

const START = Date.UTC(2024, 2, 1);
type Row = Readonly<Record<string, unknown>>;

/** What `bigQueryAppender` keeps to: all rows of a call or none, and no look at what is there. */
class Rows implements Pick<History, 'insert'> {
  readonly rows: Row[] = [];
  readonly inserts: number[] = [];
  before: (rows: readonly Row[]) => void = () => {};
  after: () => void = () => {};

  async insert(table: string, rows: readonly Row[]): Promise<void> {
    expect(table).toBe('ticks');
    this.before(rows);
    this.rows.push(...rows);
    this.inserts.push(rows.length);
    this.after();
  }

  get ids(): string[] {
    return this.rows.map(({ id }) => String(id));
  }
}

interface Bench extends TickSinkPorts {
  readonly clock: ManualClock;
  readonly bus: MessageBus;
  readonly history: Rows;
  /** A run, with time that passes; before it a second does, since what came before is what it reads. */
  run(limits?: Partial<TickSinkLimits>): ReturnType<typeof sinkTicks>;
  /** A batch of each list of names. */
  publish(...batches: readonly (readonly string[])[]): Promise<void>;
  waiting(): Promise<number | undefined>;
}

async function open(test?: Pick<TestContext, 'onTestFinished'>): Promise<Bench> {
  const clock = new ManualClock(START);
  const bus = await openEmbeddedBus({ dir: null, clock });
  test?.onTestFinished(() => bus.close());
  const reader = async () => bus.subscribe('raw-tick-data', 'tick-sink');
  await (await reader()).close();
  const history = new Rows();
  let sent = 0;
  return {
    clock,
    bus,
    history,
    async run(limits) {
      await clock.advanceTo(clock.now() + 1_000);
      const state = { isDone: false };
      const running = sinkTicks({ bus, clock, history }, { ...LIMITS, ...limits }).finally(() => {
        state.isDone = true;
      });
      running.catch(() => {});
      while (!state.isDone) {
        for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
        if (!state.isDone) await clock.advanceTo(clock.now() + 1_000);
      }
      return running;
    },
    async publish(...batches) {
      await bus.publish(
        'raw-tick-data',
        batches.map((names) => batchOf(names, `batch ${sent++}`)),
      );
    },
    async waiting() {
      const subscription = await reader();
      const backlog = subscription.backlog();
      await subscription.close();
      return backlog;
    },
  };
}

function batchOf(names: readonly string[], id: string): OutgoingMessage {
  const trades = names.map((tradeId, i) => ({
    tradeId,
    seq: i + 1,
    ts: START + i,
    price: 61_000.1,
    size: 0.001,
    side: 'BUY' as const,
  }));
  const data = encodeTradeBatch({ venue: 'bybit', symbol: 'BTCUSDT', claim: null, last: null, trades });
  return { data, attributes: standardAttributes(id, START), orderingKey: 'bybit:BTCUSDT' };
}

const idOf = (name: string) => `bybit:BTCUSDT:${name}`;

describe('a run of the tick sink', () => {
  it('writes each trade of the batches that have gathered, as a row of its id', async (test) => {
    const { history, publish, run, waiting } = await open(test);
    await publish(['a', 'b'], ['c']);
    expect(await run()).toEqual({ messages: 2, rows: 3, isCaughtUp: true });
    expect(history.inserts).toEqual([3]);
    expect(history.rows[1]).toEqual({
      id: idOf('b'),
      venue: 'bybit',
      symbol: 'BTCUSDT',
      tradeId: 'b',
      seq: 2,
      ts: '2024-03-01T00:00:00.001Z',
      price: 61_000.1,
      size: 0.001,
      side: 'BUY',
    });
    expect(await waiting()).toBe(0);
  });

  it('is done at once where nothing has', async (test) => {
    const { history, run } = await open(test);
    expect(await run()).toEqual({ messages: 0, rows: 0, isCaughtUp: true });
    expect(history.inserts).toEqual([]);
  });

  it('holds no more messages than it may, and goes on until it has caught up', async (test) => {
    const { history, publish, run } = await open(test);
    await publish(...['a', 'b', 'c', 'd', 'e'].map((name) => [name]));
    expect(await run({ maxMessages: 2 })).toMatchObject({ messages: 5, isCaughtUp: true });
    expect(history.inserts).toEqual([2, 2, 1]);
  });

  it('leaves to the next run what it has no time for, and loses none of it', async (test) => {
    const { clock, history, publish, run, waiting } = await open(test);
    await publish(...['a', 'b', 'c', 'd'].map((name) => [name]));
    history.after = () => void clock.advanceTo(clock.now() + 60_000);
    expect(await run({ maxMessages: 1, maxRunMs: 100_000 })).toMatchObject({ isCaughtUp: false });
    expect(await waiting()).toBe(4 - history.rows.length);
    history.after = () => {};
    expect(await run()).toMatchObject({ isCaughtUp: true });
    expect(history.ids.sort()).toEqual(['a', 'b', 'c', 'd'].map(idOf));
  });

  it('ends in a market that never rests', async (test) => {
    const { history, publish, run } = await open(test);
    await publish(['a']);
    let more = 0;
    history.after = () => void publish([`later ${more++}`]);
    expect(await run()).toMatchObject({ isCaughtUp: true });
    expect(history.ids).toContain(idOf('a'));
    expect(history.inserts.length).toBeLessThan(4);
  });

  it('puts aside what is no batch, and writes the others', async (test) => {
    const { bus, history, publish, run, waiting } = await open(test);
    const letters = await bus.subscribe('dead-letters', 'test');
    await publish(['a']);
    await bus.publish('raw-tick-data', [{ ...batchOf(['x'], 'poison'), data: Buffer.from('no batch') }]);
    await publish(['b']);
    expect(await run()).toMatchObject({ messages: 3, rows: 2 });
    const [letter] = (await pullAll(letters, 1)).map(({ data }) => JSON.parse(Buffer.from(data).toString()));
    expect(letter).toMatchObject({ stage: 'history:raw-tick-data', source: 'poison' });
    expect([history.ids, await waiting()]).toEqual([['a', 'b'].map(idOf), 0]);
  });

  it('finds the one batch that the table refuses, and puts it aside', async (test) => {
    const { bus, history, publish, run, waiting } = await open(test);
    const letters = await bus.subscribe('dead-letters', 'test');
    history.before = (rows) => {
      if (rows.some(({ tradeId }) => tradeId === 'bad')) throw new WireFormatError('not in this table');
    };
    await publish(['a'], ['b'], ['c', 'bad'], ['d']);
    expect(await run()).toMatchObject({ rows: 3 });
    const [letter] = (await pullAll(letters, 1)).map(({ data }) => JSON.parse(Buffer.from(data).toString()));
    expect(letter.reason).toBe('not in this table');
    expect([history.ids.sort(), await waiting()]).toEqual([['a', 'b', 'd'].map(idOf), 0]);
  });

  it('gives everything back where history is away, and the next run writes it', async (test) => {
    const { history, publish, run, waiting } = await open(test);
    await publish(['a'], ['b']);
    history.before = () => {
      throw new UpstreamError('away');
    };
    await expect(run()).rejects.toThrow('away');
    expect([history.rows, await waiting()]).toEqual([[], 2]);
    history.before = () => {};
    expect(await run()).toMatchObject({ rows: 2 });
  });

  it('loses no trade, whatever fails and when: each is there once it was not refused', async () => {
    const names = fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 5 });
    const failure = fc.constantFrom('none', 'before', 'after');
    const step = fc.record({
      batches: fc.array(names, { maxLength: 6 }),
      failure,
      max: fc.integer({ min: 1, max: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        const bench = await open();
        const wanted = new Set<string>();
        const fail = () => {
          throw new UpstreamError('away');
        };
        for (const { batches, failure: when, max } of [...steps, { batches: [], failure: 'none', max: 4 }]) {
          for (const name of batches.flat()) wanted.add(idOf(String(name)));
          await bench.publish(...batches.map((batch) => batch.map(String)));
          bench.history.before = when === 'before' ? fail : () => {};
          bench.history.after = when === 'after' ? fail : () => {};
          await bench.run({ maxMessages: max }).catch(() => {});
        }
        expect(new Set(bench.history.ids)).toEqual(wanted);
        expect(await bench.waiting()).toBe(0);
        await bench.bus.close();
      }),
      { seed: 1, numRuns: 40 },
    );
  });
});
