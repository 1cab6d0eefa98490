/** What the bus told of a market so far, as far as answers and events need it. It is bounded, whatever is told. */
import { type Candle, closeTime } from '../../schemas/candle.ts';
import type { MacroBias } from '../../schemas/macro.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import type { Notice, SignalItem } from '../api.ts';
import { Minutes } from '../view/minutes.ts';
import { signalItems } from '../view/outcomes.ts';

/** Signals whose outcomes are followed. */
const SIGNALS_KEPT = 500;
const NOTICES_KEPT = 50;

interface Known {
  readonly signal: ScalpSignal;
  readonly events: PositionEvent[];
}

export class Told {
  /** By symbol. */
  readonly minutes = new Map<string, Minutes>();
  /** Newest closed minute, by symbol. */
  readonly closed = new Map<string, Candle>();
  /** Hours of the day before the start, oldest first, by symbol. */
  readonly hours = new Map<string, readonly Candle[]>();
  /** By pair. */
  readonly biases = new Map<string, MacroBias>();
  /** Newest first. */
  readonly notices: Notice[] = [];
  readonly counts = { candles: 0, signals: 0, deadLetters: 0, charts: 0 };
  readonly refusals: Record<string, number> = {};
  readonly #signals = new Map<string, Known>();

  minutesOf(symbol: string, pair: string): Minutes {
    const known = this.minutes.get(symbol) ?? new Minutes(pair);
    this.minutes.set(symbol, known);
    return known;
  }

  /** Close of the last of these hours that had closed by then. Unit: ms. */
  closeBy(symbol: string, ms: number): number | undefined {
    return this.hours.get(symbol)?.findLast((hour) => closeTime(hour) <= ms)?.close;
  }

  /** @returns Whether it is news. */
  bias(bias: MacroBias): boolean {
    const known = this.biases.get(bias.pair);
    if (known && known.timestamp >= bias.timestamp) return false;
    this.biases.set(bias.pair, bias);
    return true;
  }

  minute(candle: Candle): void {
    const known = this.closed.get(candle.symbol);
    if (!known || candle.openTime >= known.openTime) this.closed.set(candle.symbol, candle);
  }

  /** @returns The signal as a list shows it; null where it was told before. */
  signal(signal: ScalpSignal): SignalItem | null {
    if (this.#signals.has(signal.id)) return null;
    this.#signals.set(signal.id, { signal, events: [] });
    if (this.#signals.size > SIGNALS_KEPT) this.#signals.delete(this.#signals.keys().next().value!);
    return itemOf(this.#signals.get(signal.id)!);
  }

  /** @returns Its signal as it is now; null where that is not known. */
  position(event: PositionEvent): SignalItem | null {
    if (event.refusal !== null) this.refusals[event.refusal] = (this.refusals[event.refusal] ?? 0) + 1;
    const known = this.#signals.get(event.signalId);
    if (known === undefined) return null;
    known.events.push(event);
    return itemOf(known);
  }

  notice(notice: Notice): void {
    this.notices.unshift(notice);
    this.notices.length = Math.min(this.notices.length, NOTICES_KEPT);
  }

  /** Signals told lately, oldest first. */
  signals(): ScalpSignal[] {
    return Array.from(this.#signals.values(), ({ signal }) => signal);
  }

  /** Events of signals told lately. */
  eventsOf(signalIds: readonly string[]): PositionEvent[] {
    return signalIds.flatMap((id) => this.#signals.get(id)?.events ?? []);
  }

  /** Forgets symbols that are followed no more. */
  keepOnly(symbols: readonly string[]): void {
    const kept = new Set(symbols);
    for (const map of [this.minutes, this.closed, this.hours])
      for (const symbol of map.keys()) if (!kept.has(symbol)) map.delete(symbol);
  }
}

function itemOf({ signal, events }: Known): SignalItem {
  return signalItems([signal], events)[0]!;
}
