/**
 * Which gate a scalp should have met, found anew from the raw bars, the MACRO messages and what the desk told before: a
 * walk through its events that shares no code with it but the oracle's sums of sizes.
 */
import { type Refusal, sizeOf } from '../../functions/trade-desk/gates.model.ts';
import type { Held } from '../../functions/trade-desk/paper.model.ts';
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';
import type { DeskParams } from '../../schemas/desk-params.ts';
import type { FeatureRow } from '../../schemas/feature-row.ts';
import type { MacroBias, SwingSignal } from '../../schemas/macro.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';

export interface RawBar {
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** All that history tells, by pair. */
export interface History {
  /** By close time in ms. */
  readonly bars: ReadonlyMap<string, ReadonlyMap<number, RawBar>>;
  readonly biases: ReadonlyMap<string, readonly MacroBias[]>;
  readonly swings: ReadonlyMap<string, readonly SwingSignal[]>;
  /** EMA20 of volume when a bar closed, which the made-up depth is a share of. */
  readonly volumeEma: (pair: string, closeTime: number) => FeatureRow['volumeEma20'];
}

const MINUTE = 60_000;
const SETTLING = 10_000;
const SPREAD = 0.0002;
const DEPTH = 0.2;

export class NaiveDesk {
  readonly #history: History;
  readonly #params: DeskParams;
  readonly #signals: ReadonlyMap<string, ScalpSignal>;
  #held: Held[] = [];
  #exits = new Map<string, number>();
  #equity: number;
  #day = { start: 0, equity: 0, net: 0, entries: 0, halted: false };

  constructor(history: History, params: DeskParams, signals: ReadonlyMap<string, ScalpSignal>) {
    this.#history = history;
    this.#params = params;
    this.#signals = signals;
    this.#equity = params.risk.startEquity;
  }

  /** Of a decision: the gate that should have refused it, or the size it should have been entered with. */
  follow(event: PositionEvent): Refusal | number | undefined {
    this.#newDay(event.ts);
    const signal = this.#signals.get(event.signalId)!;
    if (event.kind === 'DECISION') return this.#gateOf(signal, event.ts);
    if (event.kind === 'ENTRY') {
      this.#day.entries++;
      const { price, size, fees, ts } = event;
      this.#held.push({ signal, open: true, entry: price!, size: size!, fee: fees!, since: ts });
    } else this.#close(event);
    return undefined;
  }

  /** The bias that had been told and is not over. */
  biasOf(pair: string, at: number): MacroBias | undefined {
    const told = this.#history.biases.get(pair)?.findLast(({ timestamp }) => timestamp + SETTLING <= at);
    return told && told.bias !== null && at < told.expires_at ? told : undefined;
  }

  isSwingOpen(pair: string, at: number): boolean {
    const swing = this.#history.swings.get(pair)?.findLast(({ timestamp }) => timestamp + SETTLING <= at);
    if (!swing || at >= swing.timestamp + 48 * 3_600_000) return false;
    const [top, bottom] = [Math.max(swing.tp, swing.sl), Math.min(swing.tp, swing.sl)];
    for (let close = swing.timestamp + MINUTE; close <= at; close += MINUTE) {
      const bar = this.#history.bars.get(pair)!.get(close);
      if (bar && (bar.high >= top || bar.low <= bottom)) return false;
    }
    return true;
  }

  #gateOf(signal: ScalpSignal, at: number): Refusal | number {
    const { pair, side } = signal;
    const held = this.#held;
    const bar = this.#history.bars.get(pair)!.get(at)!;
    const bias = this.biasOf(pair, at);
    const exit = this.#exits.get(pair);
    const refusals: [Refusal, boolean][] = [
      ['FEED_STALE', bar.volume === 0],
      ['HALTED', this.#day.halted],
      ['MACRO_BIAS', bias !== undefined && bias.bias !== side],
      ['SWING_OPEN', this.isSwingOpen(pair, at)],
      ['PAIR_OPEN', held.some((other) => other.signal.pair === pair)],
      ['COOLDOWN', exit !== undefined && at - exit < 15 * MINUTE],
      ['MAX_CONCURRENT', held.length >= 3],
      ['DAILY_CAP', this.#day.entries >= 50],
    ];
    const refused = refusals.find(([, isRefused]) => isRefused);
    if (refused) return refused[0];
    const isHalved = held.some((other) => this.#isOneBet(pair, other.signal.pair, at));
    const book = { held, equity: this.#equity };
    return sizeOf(signal, this.#quoteOf(pair, at, bar), at, isHalved, book, this.#params);
  }

  /** Pearson's ρ of the day's minute returns. */
  #isOneBet(a: string, b: string, at: number): boolean {
    const close = (pair: string, ts: number) => this.#history.bars.get(pair)!.get(ts)?.close;
    const moves: [number, number][] = [];
    for (let ts = at; ts > at - 1_440 * MINUTE; ts -= MINUTE) {
      const [a1, a0, b1, b0] = [close(a, ts), close(a, ts - MINUTE), close(b, ts), close(b, ts - MINUTE)];
      if (a1 && a0 && b1 && b0) moves.push([a1 / a0 - 1, b1 / b0 - 1]);
    }
    if (moves.length < 240) return true;
    const mean = (of: (move: [number, number]) => number) =>
      moves.reduce((sum, move) => sum + of(move), 0) / moves.length;
    const [ma, mb] = [mean(([x]) => x), mean(([, y]) => y)];
    const covariance = mean(([x, y]) => (x - ma) * (y - mb));
    const deviations = Math.sqrt(mean(([x]) => (x - ma) ** 2) * mean(([, y]) => (y - mb) ** 2));
    return covariance / deviations >= 0.7 - 1e-9;
  }

  #quoteOf(pair: string, at: number, { close }: RawBar): BookSnapshot {
    const unit = DEPTH * (this.#history.volumeEma(pair, at) ?? 0);
    const depth = { bps5: unit, bps10: 2 * unit, bps25: 5 * unit, bps50: 10 * unit };
    const prices = { bestBid: close * (1 - SPREAD / 2), bestAsk: close * (1 + SPREAD / 2) };
    return { ...prices, bidDepth: depth, askDepth: depth, fundingRate: null, ts: at } as BookSnapshot;
  }

  #close({ signalId, pair, ts, pnl }: PositionEvent): void {
    this.#held = this.#held.filter(({ signal }) => signal.id !== signalId);
    this.#exits.set(pair, ts);
    this.#equity += pnl!;
    this.#day.net += pnl!;
    this.#day.halted ||= -this.#day.net >= 0.05 * this.#day.equity;
  }

  #newDay(ts: number): void {
    const start = ts - (ts % 86_400_000);
    if (start > this.#day.start) {
      this.#day = { start, equity: this.#equity, net: 0, entries: 0, halted: false };
    }
  }
}
