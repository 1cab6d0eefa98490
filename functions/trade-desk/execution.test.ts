import { expect, it } from 'vitest';
import type { Broker } from '../../connectors/broker/port.ts';
import { ManualClock } from '../../connectors/clock/manual.ts';
import { UpstreamError } from '../../schemas/errors.ts';
import { PositionEvent } from '../../schemas/position-event.ts';
import { TestAccount, withFaults } from './account.fixture.ts';
import { raceOnAccount } from './execution.race.fixture.ts';
import { Execution } from './execution.ts';
import { memoryStore } from './race.fixture.ts';
import { TradeDesk } from './run.ts';
import { runExecution } from './run-execution.ts';
import { configOf, NOW, type PartialParams, signal, snapshot } from './trade-desk.fixture.ts';

const SECOND = 1_000;
const MINUTE = 60_000;
const IDEA = signal();

/** A desk, an account and all that is between them; each call of `life` is a new process of both. */
function world(params: PartialParams = {}) {
  const clock = new ManualClock(NOW);
  const account = new TestAccount(clock);
  const config = configOf({ execution: 'broker', ...params });
  const store = memoryStore();
  const published: PositionEvent[] = [];
  const ids = new Set<string>();
  const notices: string[] = [];
  /** Steps of a life until it dies; what is asked at that very step happens, and nobody hears of it. */
  let left = Number.POSITIVE_INFINITY;
  async function step<T>(act: () => Promise<T>): Promise<T> {
    left -= 1;
    if (left < 0) throw new UpstreamError('Expected to live, got killed.');
    const result = await act();
    if (left === 0) throw new UpstreamError('Expected to live on, got killed.');
    return result;
  }
  const take = async (_: string, messages: readonly { data: Uint8Array }[]) => {
    for (const { data } of messages) {
      const event = PositionEvent.parse(JSON.parse(Buffer.from(data).toString()));
      if (!ids.has(event.id)) published.push(event);
      ids.add(event.id);
    }
  };
  const mortal = {
    ...store,
    get: (key: string) => step(() => store.get(key)),
    compareAndSet: (...args: Parameters<typeof store.compareAndSet>) =>
      step(() => store.compareAndSet(...args)),
  };
  const bus = { publish: (...args: Parameters<typeof take>) => step(() => take(...args)) };
  const broker: Broker = withFaults(account, step);
  const life = (steps = Number.POSITIVE_INFINITY) => {
    left = steps;
    const desk = new TradeDesk({ store: mortal, bus: bus as never, config });
    const notice = (line: string) => void notices.push(line);
    const symbols = () => ['BTCUSDT'];
    const options = { desk, broker, clock, params: config.books[0]!, symbols, notice };
    return { desk, execution: new Execution(options), options };
  };
  return { clock, account, published, notices, life, config };
}
type World = ReturnType<typeof world>;

async function offer({ life }: World, told = IDEA): Promise<void> {
  const { desk, execution } = life();
  await execution.instruments();
  await desk.take({ kind: 'snapshot', at: NOW, snapshot: snapshot() });
  await desk.take({ kind: 'signal', at: NOW, signal: told });
}

const kinds = ({ published }: World) => published.map(({ kind, exit }) => exit ?? kind);

it('carries a signal to the account and back in two passes', async () => {
  const here = world();
  await offer(here);
  const { execution } = here.life();
  await execution.pass();
  expect(kinds(here)).toEqual(['DECISION', 'ENTRY']);
  here.account.hit('BTCUSDT', 'TP');
  await execution.pass();
  expect(kinds(here)).toEqual(['DECISION', 'ENTRY', 'TP']);
  expect(here.published[2]).toMatchObject({ pnl: here.account.profit() });
});

it('asks about an instrument when it is new, and again after an hour', async () => {
  const { life, account, clock } = world();
  const { options } = life();
  const asked: string[] = [];
  const broker = {
    ...account,
    instrument: (symbol: string) => {
      asked.push(symbol);
      return account.instrument(symbol);
    },
  } as unknown as Broker;
  const symbols = ['BTCUSDT'];
  const execution = new Execution({ ...options, broker, symbols: () => symbols });
  await execution.instruments();
  symbols.push('ETHUSDT');
  await execution.instruments();
  expect(asked).toEqual(['BTCUSDT', 'ETHUSDT']);
  await clock.advanceTo(clock.now() + 3_600_000);
  await execution.instruments();
  expect(asked).toHaveLength(4);
});

it('loses and doubles nothing, at whatever step both die', async () => {
  let steps = 0;
  for (let isOver = false; !isOver; steps++) {
    const here = world();
    here.account.partsOf = (size) => [Number((size - 10).toFixed(1)), 7];
    await offer(here);
    const die = async (act: (life: ReturnType<World['life']>) => Promise<void>) => {
      const dying = here.life(steps);
      const isDead = await act(dying).then(
        () => false,
        () => true,
      );
      if (isDead) await act(here.life());
      return isDead;
    };
    const deaths = [
      await die(({ execution }) => execution.pass()),
      await die(({ desk }) => desk.take({ kind: 'control', at: NOW + SECOND, action: 'kill' })),
    ];
    here.account.partsOf = (size) => [size];
    deaths.push(
      await die(({ execution }) => execution.pass()),
      await die(({ execution }) => execution.reconcile()),
    );
    isOver = !deaths.includes(true);
    await here.life().desk.take({ kind: 'timer', at: NOW + SECOND });
    expect(kinds(here), `killed at step ${steps}`).toEqual(['DECISION', 'ENTRY', 'CANCELLED']);
    expect(here.account.states().map(({ filled }) => filled)).toEqual([96.9, 96.9]);
    const book = (await here.life().desk.book('default'))!;
    expect(book).toMatchObject({ positions: [], outbox: [] });
    expect(book.equity - 10_000).toBeCloseTo(here.account.profit(), 8);
  }
  expect(steps).toBeGreaterThan(10);
});

it('cancels what could not be placed while the exchange was away', async () => {
  const here = world();
  await offer(here);
  const away = withFaults(here.account, () =>
    Promise.reject(new UpstreamError('Expected an exchange, got none.')),
  );
  const { options, desk } = here.life();
  const errors: unknown[] = [];
  const running = runExecution({ ...options, broker: away, onError: (error) => errors.push(error) });
  for (let at = NOW; at <= NOW + 5 * MINUTE + SECOND; at += SECOND) {
    await here.clock.advanceTo(at);
    await settled();
  }
  await desk.take({ kind: 'timer', at: here.clock.now() });
  await running.close();
  expect(errors.length).toBeGreaterThan(5);
  expect(errors.length).toBeLessThan(60);
  const { execution } = here.life();
  await execution.pass();
  expect(kinds(here)).toEqual(['DECISION']);
  await here.clock.advanceTo(NOW + 8 * MINUTE);
  await execution.pass();
  expect(here.published[1]).toMatchObject({ exit: 'CANCELLED', reason: expect.stringContaining('expired') });
  expect(here.account.states()).toEqual([]);
});

it('runs by itself: a pass when woken, each second, and a comparison every five minutes', async () => {
  const here = world();
  const { options } = here.life();
  let running: ReturnType<typeof runExecution> | undefined;
  const desk = new TradeDesk({ ...portsOf(here), onBook: () => running?.wake() });
  running = runExecution({ ...options, desk });
  await settled();
  await desk.take({ kind: 'snapshot', at: NOW, snapshot: snapshot() });
  await desk.take({ kind: 'signal', at: NOW, signal: IDEA });
  await settled();
  expect(await desk.book('default'), 'without waiting').toMatchObject({ positions: [{ status: 'OPEN' }] });
  here.account.hit('BTCUSDT', 'SL');
  await here.clock.advanceTo(NOW + SECOND);
  await settled();
  expect(await desk.book('default')).toMatchObject({ positions: [] });
  here.account.held.set('ETHUSDT', { symbol: 'ETHUSDT', side: 'LONG', size: 2, entry: 50 });
  await here.clock.advanceTo(NOW + 5 * MINUTE);
  await settled();
  expect(here.notices).toEqual([]);
  await here.clock.advanceTo(NOW + 10 * MINUTE + SECOND);
  await settled();
  await running.close();
  expect(here.notices).toEqual(['The account holds a LONG of 2 ETHUSDT from 50 that no book knows.']);
});

function portsOf(here: World) {
  const store = memoryStore();
  return { store, bus: { publish: async () => {} } as never, config: here.config };
}

/** Everything that needs no time is done. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

it.each([
  [false, 1],
  [true, 0],
])(
  'tells of a position that no book knows; closes it (%s) only where that is wished',
  async (closeOrphans, left) => {
    const here = world({ broker: { closeOrphans } });
    here.account.held.set('ETHUSDT', { symbol: 'ETHUSDT', side: 'SHORT', size: 2, entry: 50 });
    const { execution } = here.life();
    await execution.reconcile();
    expect([here.notices.length, here.account.held.size]).toEqual([0, 1]);
    await execution.reconcile();
    await execution.reconcile();
    expect([here.notices.length, here.account.held.size]).toEqual([1, left]);
  },
);

it('takes back an order of ours that its book has done with, and leaves those of others', async () => {
  const here = world();
  const order = {
    symbol: 'BTCUSDT',
    side: 'LONG',
    size: 1,
    limit: 99,
    lives: 'resting',
    tp: 101,
    sl: 98,
    leverage: 1,
  } as const;
  await here.account.place({ ...order, clientId: 'cst-0123456789abcdef' });
  await here.account.place({ ...order, clientId: 'by-hand' });
  await here.life().execution.reconcile();
  expect((await here.account.openOrders()).map(({ clientId }) => clientId)).toEqual(['by-hand']);
  expect(here.notices).toHaveLength(1);
});

it('says where sizes differ', async () => {
  const here = world();
  await offer(here);
  const { execution } = here.life();
  await execution.pass();
  here.account.held.set('BTCUSDT', { ...here.account.held.get('BTCUSDT')!, size: 120 });
  await execution.reconcile();
  await execution.reconcile();
  expect(here.notices).toEqual([
    expect.stringContaining('The account holds 120 BTCUSDT LONG, the book 99.9'),
  ]);
});

it('has the account’s own profit, whoever sends and whatever is lost', async () => {
  let [entries, copies] = [0, 0];
  for (let seed = 0; seed < 16; seed++) {
    const result = await raceOnAccount(seed).catch((cause) => {
      throw new Error(`seed ${seed}: ${cause.message}`, { cause });
    });
    entries += result.entries;
    copies += result.copies;
  }
  expect(entries).toBeGreaterThan(60);
  expect(copies, 'orders sent twice, and placed once').toBeGreaterThan(20);
});
