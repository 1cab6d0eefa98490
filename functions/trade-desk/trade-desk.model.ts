/** The trade desk as one would write it down from the specification: all that was ever told is kept, and every question is asked of all of it. */
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';
import type { DeskConfig, DeskParams } from '../../schemas/desk-params.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { bound, isAway, isBlackout, isBroken, isStale, more, type Refusal, sizeOf } from './gates.model.ts';
import type { DeskInput } from './input.ts';
import {
  type Bar,
  type End,
  endInBar,
  endInBook,
  type Held,
  isFilled,
  isPassed,
  marketPrice,
} from './paper.model.ts';
import { fundingTimes, Told } from './told.model.ts';
import { walk } from './walk.model.ts';

export type ModelEvent = Pick<PositionEvent, 'id' | 'kind' | 'ts' | 'refusal' | 'exit'> & {
  readonly numbers: readonly (number | null)[];
};

const midnight = (ts: number) => ts - (ts % 86_400_000);

export class BookModel {
  readonly #params: DeskParams;
  readonly #venue: string;
  readonly #told: Told;
  readonly #decided = new Set<string>();
  #held: Held[] = [];
  #equity: number;
  #day = 0;
  #dayEquity: number;
  #dayLoss = 0;
  #halted = false;
  #entries = 0;
  #exits: { pair: string; ts: number }[] = [];
  #switches = { pause: 0, kill: 0, paused: false, killed: false };

  constructor(params: DeskParams, config: DeskConfig) {
    this.#params = params;
    this.#venue = config.venue;
    this.#told = new Told(config.venue);
    this.#equity = this.#dayEquity = params.risk.startEquity;
  }

  get equity(): number {
    return this.#equity;
  }

  tell(input: DeskInput): ModelEvent[] {
    this.#told.add(input);
    if (input.kind === 'signal') return this.#signal(input.signal, input.at);
    if (input.kind === 'snapshot') return this.#snapshot(input.snapshot);
    if (input.kind === 'features') return this.#bar(input.row);
    if (input.kind === 'control') return this.#control(input.action, input.at);
    if (input.kind === 'timer') return this.#timer(input.at);
    return [];
  }

  #signal(signal: ScalpSignal, at: number): ModelEvent[] {
    const { memoryMs, paper } = this.#params;
    if (this.#decided.has(signal.id) || at - signal.timestamp > memoryMs) return [];
    this.#decided.add(signal.id);
    this.#newDay(at);
    const answer = this.#gates(signal, at);
    if (typeof answer === 'string') {
      return [this.#event(signal, 'DECISION', at, answer, null, [])];
    }
    this.#entries++;
    const quote = this.#told.quote(signal.pair)!;
    const decision = this.#event(signal, 'DECISION', at, null, null, []);
    const held: Held = { signal, open: false, entry: 0, size: answer, fee: 0, since: at };
    this.#held.push(held);
    if (paper.entry === 'limit') {
      held.entry = bound(signal, quote, this.#params);
      return [decision];
    }
    const long = signal.side === 'LONG';
    const mid = (quote.bestBid! + quote.bestAsk!) / 2;
    const slip = walk(quote, long ? 'ask' : 'bid', answer, this.#params.liquidity.beyondBook);
    held.entry = mid * (long ? 1 + slip : 1 - slip);
    held.fee = held.entry * answer * paper.takerFee;
    held.open = true;
    return [decision, this.#event(signal, 'ENTRY', at, null, null, [held.entry, held.size, held.fee])];
  }

  /** A refusal, or the size to enter. */
  #gates(signal: ScalpSignal, at: number): Refusal | number {
    const { rules, risk } = this.#params;
    const quote = this.#told.quote(signal.pair);
    const flaws = this.#told.flaws(signal);
    const swing = this.#told.isSwingOpen(signal.pair, at, rules.swingMaxHours);
    const cooling = this.#exits.some(({ pair, ts }) => pair === signal.pair && at < ts + rules.cooldownMs);
    const inPair = this.#held.some((held) => held.signal.pair === signal.pair);
    if (!quote || isBroken(quote) || flaws.includes('INCOMPLETE') || flaws.includes('WARM_UP')) {
      return 'FEED_INCOMPLETE';
    }
    const refusals: [Refusal, boolean][] = [
      ['FEED_STALE', isStale(quote, at, this.#params) || flaws.includes('STALE')],
      ['PRICE_DIVERGED', flaws.includes('DIVERGED')],
      ['EXPIRED', at > signal.expires_at || isAway(quote, signal, this.#params)],
      ['HALTED', this.#switches.killed || this.#halted],
      ['PAUSED', this.#switches.paused],
      ['BLACKOUT', isBlackout(at, this.#params)],
      ['MACRO_BIAS', this.#isAgainstBias(signal, at)],
      ['SWING_OPEN', swing && rules.onSwing === 'stand_aside'],
      ['PAIR_OPEN', inPair],
      ['COOLDOWN', cooling],
      ['MAX_CONCURRENT', this.#held.length >= rules.maxConcurrent],
      ['DAILY_CAP', this.#entries >= rules.dailyCap],
    ];
    const refused = refusals.find(([, isRefused]) => isRefused);
    if (refused) return refused[0];
    const isOneBet = ({ signal: { pair } }: Held) => this.#told.isCorrelated(signal.pair, pair, at, risk);
    const book = { held: this.#held, equity: this.#equity };
    return sizeOf(signal, quote, at, swing || this.#held.some(isOneBet), book, this.#params);
  }

  #isAgainstBias({ pair, side }: ScalpSignal, at: number): boolean {
    const told = this.#told.bias(pair);
    return told !== undefined && told.bias !== null && at < told.expires_at && told.bias !== side;
  }

  #snapshot(seen: BookSnapshot): ModelEvent[] {
    const held = this.#held.find(({ signal }) => signal.pair === seen.symbol);
    if (seen.venue !== this.#venue || !held) return [];
    return held.open ? this.#positionSees(held, seen) : this.#orderSees(held, seen);
  }

  #orderSees(held: Held, seen: BookSnapshot): ModelEvent[] {
    const { signal } = held;
    if (seen.ts > signal.expires_at) return this.#cancel(held, seen.ts);
    if (seen.ts <= held.since || !seen.connected) return [];
    if (isFilled(held, seen, this.#params)) return [this.#fill(held, seen.ts)];
    return isAway(seen, signal, this.#params) ? this.#cancel(held, seen.ts) : [];
  }

  #positionSees(held: Held, seen: BookSnapshot): ModelEvent[] {
    if (seen.ts <= held.since || !seen.connected) return [];
    const isKilled = this.#switches.killed && seen.ts > this.#switches.kill;
    return this.#end(held, endInBook(held, seen, isKilled, this.#params), seen.ts);
  }

  #bar(bar: Bar): ModelEvent[] {
    const held = this.#held.find(({ signal }) => signal.pair === bar.pair);
    if (!held || bar.venue !== this.#venue) return [];
    const isResting = !held.open;
    if (isResting && bar.openTime > held.signal.expires_at) return this.#cancel(held, bar.openTime);
    if (bar.openTime < held.since) return [];
    if (!isResting) return this.#end(held, endInBar(held, bar, this.#params), bar.closeTime);
    if (!isPassed(held, bar)) return [];
    const filled = this.#fill(held, bar.closeTime);
    const end = endInBar(held, bar, this.#params);
    const isLost = end?.exit === 'SL' || end?.exit === 'LIQUIDATED';
    return isLost ? [filled, ...this.#end(held, end, bar.closeTime)] : [filled];
  }

  #end(held: Held, end: End | null, ts: number): ModelEvent[] {
    if (end === null) return [];
    const { takerFee, makerFee } = this.#params.paper;
    return this.#close(held, end.exit, end.price, ts, end.exit === 'TP' ? makerFee : takerFee);
  }

  #control(action: string, at: number): ModelEvent[] {
    const s = this.#switches;
    const isPause = action === 'pause' || action === 'resume';
    if (at <= (isPause ? s.pause : s.kill)) return [];
    const on = action === 'pause' || action === 'kill';
    if (isPause) Object.assign(s, { pause: at, paused: on });
    else Object.assign(s, { kill: at, killed: on });
    return on ? this.#held.filter(({ open }) => !open).flatMap((held) => this.#cancel(held, at)) : [];
  }

  #timer(at: number): ModelEvent[] {
    const { timeoutMs, staleMs, takerFee } = this.#params.paper;
    return [...this.#held].flatMap((held) => {
      if (!held.open) return at > held.signal.expires_at ? this.#cancel(held, at) : [];
      if (at < held.since + timeoutMs + staleMs) return [];
      const seen = this.#told.quote(held.signal.pair)!;
      const price = marketPrice(held, seen, this.#params);
      return this.#close(held, 'TIMEOUT', price ?? held.entry, at, takerFee);
    });
  }

  #fill(held: Held, ts: number): ModelEvent {
    held.open = true;
    held.since = ts;
    held.fee = held.entry * held.size * this.#params.paper.makerFee;
    return this.#event(held.signal, 'ENTRY', ts, null, null, [held.entry, held.size, held.fee]);
  }

  #cancel(held: Held, ts: number): ModelEvent[] {
    this.#held = this.#held.filter((other) => other !== held);
    return [this.#event(held.signal, 'EXIT', ts, null, 'CANCELLED', [])];
  }

  #close(
    held: Held,
    exit: NonNullable<PositionEvent['exit']>,
    price: number,
    ts: number,
    rate: number,
  ): ModelEvent[] {
    const sign = held.signal.side === 'LONG' ? 1 : -1;
    const fees = held.fee + price * held.size * rate;
    let [funding, known] = [0, true];
    for (const time of fundingTimes(held.since, ts, this.#params.funding.hours)) {
      const seen = this.#told.rateFor(held.signal.pair, time, this.#params.funding);
      if (seen === undefined) known = false;
      else funding -= sign * held.size * seen.price * seen.rate;
    }
    const pnl = sign * (price - held.entry) * held.size - fees + funding;
    this.#newDay(ts);
    this.#equity += pnl;
    this.#dayLoss -= pnl;
    this.#halted ||= !more(this.#params.rules.dailyLossHalt * this.#dayEquity, this.#dayLoss);
    this.#exits.push({ pair: held.signal.pair, ts });
    this.#held = this.#held.filter((other) => other !== held);
    const numbers = [price, held.size, fees, known ? funding : null, pnl];
    return [this.#event(held.signal, 'EXIT', ts, null, exit, numbers)];
  }

  #newDay(ts: number): void {
    if (midnight(ts) <= this.#day) return;
    this.#day = midnight(ts);
    this.#dayEquity = this.#equity;
    this.#dayLoss = this.#entries = 0;
    this.#halted = false;
  }

  #event(
    { id }: ScalpSignal,
    kind: ModelEvent['kind'],
    ts: number,
    refusal: ModelEvent['refusal'],
    exit: ModelEvent['exit'],
    numbers: readonly (number | null)[],
  ): ModelEvent {
    return { id: `${id}:${this.#params.book}:${kind}`, kind, ts, refusal, exit, numbers };
  }
}
