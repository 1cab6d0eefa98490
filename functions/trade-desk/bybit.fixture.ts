/** Desk, execution and Bybit's adapter living on the simulated exchange, whose answers get lost; and what must hold of it. */
import { expect } from 'vitest';
import { type BrokerTwin, startBrokerTwin } from '../../connectors/broker/bybit/twin.fixture.ts';
import { UpstreamError } from '../../schemas/errors.ts';
import { PositionEvent } from '../../schemas/position-event.ts';
import { remaining } from './account-sums.ts';
import { isLive } from './commands.ts';
import { Execution } from './execution.ts';
import type { DeskInput } from './input.ts';
import { memoryStore, randomOf } from './race.fixture.ts';
import { TradeDesk } from './run.ts';
import { configOf, signal, snapshotAt } from './trade-desk.fixture.ts';

const SYMBOLS = ['LTCUSDT', 'BTCUSDT'];
const SECOND = 1_000;
const MINUTE = 60_000;
const EQUITY = 10_000;
const CREATE = '/v5/order/create';
const PATHS = [CREATE, '/v5/order/cancel', '/v5/order/realtime', '/v5/execution/list', '/v5/position/list'];

/** Desk, execution and Bybit's adapter, over HTTP, on an account of the simulated Bybit. */
class World {
  readonly #store = memoryStore();
  readonly #random: () => number;
  readonly #config;
  readonly twin: BrokerTwin;
  readonly events = new Map<string, PositionEvent>();
  desk!: TradeDesk;
  execution!: Execution;
  lost = 0;

  constructor(twin: BrokerTwin, seed: number) {
    this.twin = twin;
    this.#random = randomOf(seed);
    const entry = seed % 2 === 0 ? 'marketable' : 'limit';
    this.#config = configOf({
      execution: 'broker',
      rules: { cooldownMs: 0, dailyLossHalt: 1 },
      risk: { startEquity: EQUITY },
      paper: { entry, timeoutMs: 10 * MINUTE },
      // A position may have been open over a funding in the market, and be closed here.
      feed: { maxTradeAgeMs: 10 * MINUTE },
    });
    this.restart();
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }

  /** Whatever was in memory is gone. */
  restart(): void {
    const publish = async (_: string, messages: readonly { data: Uint8Array }[]) => {
      for (const { data } of messages) {
        const event = PositionEvent.parse(JSON.parse(Buffer.from(data).toString()));
        this.events.set(event.id, event);
      }
    };
    const { clock } = this.twin;
    this.desk = new TradeDesk({ store: this.#store, bus: { publish } as never, config: this.#config });
    const common = { clock, params: this.#config.books[0]!, symbols: () => SYMBOLS, notice: () => {} };
    this.execution = new Execution({ ...common, desk: this.desk, broker: this.twin.broker() });
  }

  async tell(input: DeskInput): Promise<void> {
    await this.desk.take(input);
  }

  /** What is lost is done again, by the next pass. */
  async attempt(act: (execution: Execution) => Promise<void>): Promise<void> {
    try {
      await this.twin.during(act(this.execution));
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      this.lost += 1;
    }
  }

  fault(): void {
    const path = PATHS[Math.floor(this.#random() * PATHS.length)]!;
    const isTaken = this.chance(0.5);
    const tooMany = { retCode: 10_006, retMsg: 'Too many visits!' };
    const answer = this.chance(0.3) ? tooMany : this.chance(0.3) ? { status: 502 } : 'cut';
    // A limit is told before anything is done.
    const isDone = answer !== tooMany && isTaken;
    this.twin.accounts.fail({ path, times: this.chance(0.5) ? 5 : 1, isTaken: isDone, answer });
    this.twin.accounts.delayExecutions(Math.floor(this.#random() * 5_000));
  }

  async see(symbol: string): Promise<void> {
    const at = this.twin.clock.now();
    await this.tell({ kind: 'snapshot', at, snapshot: snapshotAt(at, this.twin.last(symbol), { symbol }) });
  }

  async idea(symbol: string): Promise<void> {
    const { clock, last } = this.twin;
    const [at, entry, side] = [clock.now(), last(symbol), this.chance(0.5) ? 'LONG' : 'SHORT'] as const;
    const way = side === 'LONG' ? 1 : -1;
    const [tp, sl] = [entry * (1 + way * 0.005), entry * (1 - way * 0.005)];
    const times = { timestamp: at, expires_at: at + 30 * SECOND };
    await this.tell({
      kind: 'signal',
      at,
      signal: signal({ symbol, pair: symbol, side, entry, tp, sl, ...times }),
    });
  }

  async timer(): Promise<void> {
    await this.tell({ kind: 'timer', at: this.twin.clock.now() });
  }

  /** Until all executions have shown and nothing is open. */
  async end(): Promise<void> {
    const { twin } = this;
    twin.accounts.heal();
    await this.tell({ kind: 'control', at: twin.clock.now(), action: 'kill' });
    for (let i = 0; i < 20; i++) {
      await twin.pass(20 * SECOND);
      await this.timer();
      await this.attempt((execution) => execution.pass());
      if (i % 5 === 0) await this.attempt((execution) => execution.reconcile());
    }
  }

  /** Sizes held, by symbol: of the account, of the book. */
  async held(): Promise<[Record<string, number>, Record<string, number>]> {
    const positions = await this.twin.broker().positions();
    const book = await this.desk.book('default');
    const sizes = (book?.positions ?? [])
      .filter(isLive)
      .map((p) => [p.symbol, remaining(p.account)] as const);
    return [
      Object.fromEntries(positions.map(({ symbol, size }) => [symbol, size])),
      Object.fromEntries(sizes.filter(([, size]) => size > 0)),
    ];
  }
}

/** @throws where book and account disagree, on the way or in the end. */
export async function liveOnTwin(seed: number, steps: number) {
  // Some minutes before a funding.
  const startMs = Date.UTC(2026, 2, 1, 15, 55);
  const twin = await startBrokerTwin({ balance: EQUITY, seed, startMs });
  try {
    const world = new World(twin, seed);
    await world.attempt((execution) => execution.instruments());
    for (let step = 0; step < steps; step++) await live(world);
    await world.end();
    const book = (await world.desk.book('default'))!;
    expect(book.positions, 'all is over').toEqual([]);
    expect(await world.held()).toEqual([{}, {}]);
    expect(book.equity - EQUITY, `seed ${seed}`).toBeCloseTo(twin.account.balance - EQUITY, 6);
    return { ...toldOf(world), lost: world.lost };
  } finally {
    await twin.close();
  }
}

async function live(world: World): Promise<void> {
  await world.twin.pass(1 + 20 * SECOND * (world.chance(0.2) ? 5 : 1));
  for (const symbol of SYMBOLS) {
    await world.see(symbol);
    if (world.chance(0.3)) await world.idea(symbol);
  }
  if (world.chance(0.4)) world.fault();
  if (world.chance(0.2)) world.restart();
  await world.attempt((execution) => execution.pass());
  await world.timer();
  if (world.chance(0.1)) await world.attempt((execution) => execution.reconcile());
  if (world.chance(0.2)) await expectSame(world);
}

function toldOf({ events }: World) {
  const told = [...events.values()];
  return {
    entries: told.filter(({ kind }) => kind === 'ENTRY').length,
    exits: told.flatMap(({ exit, price }) => (exit && price ? [exit] : [])),
    fundings: told.filter(({ funding }) => funding).length,
  };
}

/** Once all has shown, and before the market goes on. A new client waits for no limit that an old one met. */
async function expectSame(world: World): Promise<void> {
  world.twin.accounts.heal();
  world.twin.accounts.delayExecutions(0);
  await world.twin.pass(6 * SECOND);
  world.restart();
  for (let i = 0; i < 3; i++) await world.attempt((execution) => execution.pass());
  const [account, book] = await world.held();
  expect(book).toEqual(account);
}
