/** Two desks and two executions on one store and one account, in a market that does as it likes; and what must hold of it all. */
import { expect } from 'vitest';
import { ManualClock } from '../../connectors/clock/manual.ts';
import { UpstreamError } from '../../schemas/errors.ts';
import { PositionEvent } from '../../schemas/position-event.ts';
import { TestAccount, withFaults } from './account.fixture.ts';
import { Execution } from './execution.ts';
import type { DeskInput } from './input.ts';
import { memoryStore, type RacyPorts, racyPorts, randomOf } from './race.fixture.ts';
import { TradeDesk } from './run.ts';
import { configOf, NOW, signal, snapshot } from './trade-desk.fixture.ts';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];
const SECOND = 1_000;
const ROUND_MS = 10 * SECOND;
const ROUNDS = 40;
/** No idea comes after it; the switch is thrown two rounds later. */
const LAST_IDEA = 30;

interface Team {
  readonly desk: TradeDesk;
  readonly execution: Execution;
}

class Race {
  readonly #random: () => number;
  readonly #clock = new ManualClock(NOW);
  readonly #teams: readonly Team[];
  readonly account = new TestAccount(this.#clock);
  readonly ports: RacyPorts;

  /** Every third seed loses a tenth of all calls, on the way there or back. */
  constructor(seed: number) {
    this.#random = randomOf(seed);
    const entry = seed % 2 === 0 ? 'marketable' : 'limit';
    const config = configOf({ execution: 'broker', rules: { cooldownMs: 0 }, paper: { entry } });
    const failures = seed % 3 === 0 ? 0.1 : 0;
    this.ports = racyPorts({
      random: this.#random,
      failures,
      store: memoryStore(),
      prefix: '',
      onWrite: () => {},
    });
    this.account.partsOf = (size) => this.#partsOf(size);
    this.account.lagMs = seed % 4 === 0 ? 5 * SECOND : 0;
    const broker = withFaults(this.account, this.ports.step);
    const common = { broker, clock: this.#clock, params: config.books[0]!, symbols: () => SYMBOLS };
    this.#teams = [0, 1].map(() => {
      const desk = new TradeDesk({ ...this.ports, config });
      return { desk, execution: new Execution({ ...common, desk, notice: () => {} }) };
    });
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #any(): Team {
    return this.#teams[this.#chance(0.5) ? 0 : 1]!;
  }

  /** All, two parts, a half, or nothing. */
  #partsOf(size: number): number[] {
    const half = Math.floor(size * 5) / 10;
    if (half === 0 || this.#chance(0.3)) return [size];
    if (this.#chance(0.4)) return [half, Number((size - half).toFixed(1))];
    return this.#chance(0.7) ? [half] : [];
  }

  /** Twice, to any of the desks. */
  #tell(input: DeskInput): Promise<void>[] {
    return [this.#any(), this.#any()].map(({ desk }) => insist(() => desk.take(input)));
  }

  async run(): Promise<void> {
    await insist(() => this.#any().execution.instruments());
    for (let round = 0; round < ROUNDS; round++) await this.#round(round);
    // What nobody answers for is given up after a while; nothing else may be left by then.
    for (let i = 0; i < 20; i++) {
      await this.#clock.advanceTo(this.#clock.now() + 31 * SECOND);
      await Promise.all(this.#tell({ kind: 'timer', at: this.#clock.now() }));
      await insist(() => this.#any().execution.pass());
    }
  }

  async #round(round: number): Promise<void> {
    const at = NOW + round * ROUND_MS;
    await this.#clock.advanceTo(at);
    const told = SYMBOLS.flatMap((symbol) => {
      const ideas = round < LAST_IDEA && this.#chance(0.3) ? this.#idea(symbol, at) : [];
      const seen = this.#tell({ kind: 'snapshot', at, snapshot: snapshot({ symbol, ts: at }) });
      this.#trade(symbol);
      return [...seen, ...ideas];
    });
    const kill = round === LAST_IDEA + 2 ? this.#tell({ kind: 'control', at, action: 'kill' }) : [];
    const passes = this.#teams.map(({ execution }) => insist(() => execution.pass()));
    const compared = this.#chance(0.1) ? [insist(() => this.#any().execution.reconcile())] : [];
    await Promise.all([...told, ...kill, ...this.#tell({ kind: 'timer', at }), ...passes, ...compared]);
  }

  #idea(symbol: string, at: number): Promise<void>[] {
    const side = this.#chance(0.5) ? 'LONG' : 'SHORT';
    const times = { timestamp: at, expires_at: at + 2 * ROUND_MS };
    return this.#tell({ kind: 'signal', at, signal: signal({ symbol, pair: symbol, side, ...times }) });
  }

  /** What the market does to orders and positions of a symbol. */
  #trade(symbol: string): void {
    const open = this.account.states().filter((order) => order.symbol === symbol && order.status === 'open');
    for (const { clientId, size, filled } of open.filter(() => this.#chance(0.5))) {
      const part = this.#chance(0.5) ? Number((size - filled).toFixed(1)) : 0.1;
      this.account.fillEntry(clientId, part, 100 + Math.floor(this.#random() * 10) / 100);
    }
    if (this.#chance(0.3)) this.account.hit(symbol, this.#chance(0.5) ? 'TP' : 'SL');
  }

  async book() {
    let book: Awaited<ReturnType<TradeDesk['book']>> = null;
    await insist(async () => {
      book = await this.#teams[0]!.desk.book('default');
    });
    return book!;
  }
}

/** Until it is done, whatever is lost. */
async function insist(act: () => Promise<unknown>): Promise<void> {
  for (let isDone = false; !isDone; ) {
    isDone = await act().then(
      () => true,
      (error) => {
        if (error instanceof UpstreamError) return false;
        throw error;
      },
    );
  }
}

/** @throws where book and account disagree in the end, or something was told twice. */
export async function raceOnAccount(
  seed: number,
): Promise<{ entries: number; exits: number; copies: number }> {
  const race = new Race(seed);
  await race.run();
  const { account, ports } = race;
  const book = await race.book();
  expect(book.positions, 'all is over').toEqual([]);
  expect([...account.held.values()], 'nothing is held').toEqual([]);
  expect(book.equity - 10_000).toBeCloseTo(account.profit(), 6);
  const events = ports.published.map(({ data }) =>
    PositionEvent.parse(JSON.parse(Buffer.from(data).toString())),
  );
  const count = (kind: string) =>
    events.filter((event) => event.kind === kind && event.price !== null).length;
  return { entries: count('ENTRY'), exits: count('EXIT'), copies: account.copies };
}
