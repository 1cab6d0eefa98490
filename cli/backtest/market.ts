/** A market of the past as the desk and the MACRO engine would have lived it: what the graph publishes, in market time. */
import type { z } from 'zod';
import { jsonRecord } from '../../connectors/bus/json-record.ts';
import type { Funding } from '../../connectors/files/funding.ts';
import { SLOT_MS } from '../../functions/macro-engine/bias.ts';
import type { BacktestAssumptions } from '../../schemas/backtest-assumptions.ts';
import { BookSnapshot } from '../../schemas/book-snapshot.ts';
import { Candle, closeTime } from '../../schemas/candle.ts';
import { DeadLetter } from '../../schemas/dead-letter.ts';
import { FeatureRow } from '../../schemas/feature-row.ts';
import { FeedEvent } from '../../schemas/feed-event.ts';
import { MacroBias, SwingSignal } from '../../schemas/macro.ts';
import type { MacroParams } from '../../schemas/macro-params.ts';
import { closeAfter, pairOf } from '../../schemas/primitives.ts';
import { decodePubsubMessage } from '../../schemas/pubsub-message.ts';
import { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { ATTRIBUTES, type TopicName } from '../../schemas/topics.ts';
import { wireJson } from '../../schemas/wire-json.ts';
import type { DeskRun, Regime } from './desk-run.ts';
import { GapLedger } from './gaps.ts';
import { MacroMemory } from './macro-memory.ts';
import { NearBars, nearBarJson } from './near-bars.ts';
import type { BacktestOutput } from './output.ts';
import { Quotes } from './quotes.ts';
import { Timeline, type Told } from './told.ts';

export interface MarketOptions {
  readonly macro: MacroParams;
  readonly assumptions: BacktestAssumptions;
  /** By symbol. */
  readonly fundings: ReadonlyMap<string, readonly Funding[]>;
  /** Books were recorded: none are made up, and a bar is told as late as the graph waits for trades. Unit: ms. */
  readonly recordedBooks: { readonly barDelayMs: number } | null;
}

export class Market {
  /** Slots decided, and those of them on which all timeframes were judged, or a bias held. */
  readonly slots = { decided: 0, judged: 0, biased: 0, swings: 0 };
  readonly ledger: GapLedger;
  /** Open of the first bar and close of the last. Unit: ms since the epoch. */
  readonly span = { fromMs: Number.POSITIVE_INFINITY, toMs: Number.NEGATIVE_INFINITY };
  /** Why the first dead letter is one. */
  unreadable: string | undefined;
  readonly #options: MarketOptions;
  readonly #output: BacktestOutput;
  readonly #desk: () => DeskRun;
  readonly #quotes: Quotes;
  readonly #timeline = new Timeline((told) => this.#live(told));
  readonly #memories = new Map<string, MacroMemory>();
  readonly #near = new NearBars((bar) => this.#output.line('bars', nearBarJson(bar)));
  /** By pair: the newest bar that the desk has seen. */
  readonly #rows = new Map<string, FeatureRow>();
  #minute = Number.NEGATIVE_INFINITY;

  constructor(options: MarketOptions, output: BacktestOutput, desk: () => DeskRun) {
    this.#options = options;
    this.#output = output;
    this.#desk = desk;
    this.#quotes = new Quotes(options.assumptions, options.fundings);
    // A feed that was recorded keeps its own ledger.
    const onGap = (event: FeedEvent) => this.line('feed-events', wireJson(FeedEvent, event));
    this.ledger = new GapLedger(options.recordedBooks === null ? onGap : () => undefined);
  }

  /** Takes one serialized PubsubMessage that the graph published. */
  take(topic: string, bytes: Uint8Array): void {
    const { data, attributes } = decodePubsubMessage(bytes);
    if (topic === 'market-features') this.#features(recordOf(FeatureRow, data));
    else if (topic === 'trade-signals-micro') this.#signal(data);
    else if (topic === 'market-candles' && !attributes[ATTRIBUTES.id]!.includes(':1m:')) this.#candle(data);
    else if (topic === 'dead-letters') {
      this.unreadable ??= recordOf(DeadLetter, data).reason;
      this.line(topic, Buffer.from(data).toString());
    }
  }

  /** A recorded one. */
  snapshot(data: Uint8Array): void {
    const snapshot = recordOf(BookSnapshot, data);
    const at = snapshot.ts;
    this.#timeline.tell({ kind: 'input', at, input: { kind: 'snapshot', at, snapshot } });
  }

  /** Of what neither desk nor MACRO reads. */
  line(topic: TopicName, json: string): void {
    if (topic === 'feed-events' || topic === 'dead-letters') this.#output.line(topic, json);
  }

  /** Those that had a bar. */
  get pairs(): readonly string[] {
    return [...this.#rows.keys()].sort();
  }

  /** All bars that closed by then have been taken. Unit: ms since the epoch. */
  passTo(watermarkMs: number): void {
    this.#timeline.passTo(watermarkMs + this.#delayMs);
  }

  regimeOf(pair: string): Regime {
    return regimeAt(this.#rows.get(pair));
  }

  get #delayMs(): number {
    return this.#options.recordedBooks?.barDelayMs ?? 0;
  }

  #features(row: FeatureRow): void {
    this.#passMinutes(row.closeTime);
    const at = row.closeTime + this.#delayMs;
    this.span.fromMs = Math.min(this.span.fromMs, row.openTime);
    this.span.toMs = Math.max(this.span.toMs, row.closeTime);
    this.#timeline.tell({ kind: 'input', at, input: { kind: 'features', at, row } });
  }

  /** With each new minute the clock is looked at, and each slot has its run. */
  #passMinutes(minute: number): void {
    if (minute <= this.#minute) return;
    const before = Number.isFinite(this.#minute) ? this.#minute : minute - 1;
    this.#minute = minute;
    const at = minute + this.#delayMs;
    this.#timeline.tell({ kind: 'input', at, input: { kind: 'timer', at } });
    for (let slot = closeAfter(before, SLOT_MS); slot <= minute; slot += SLOT_MS) {
      this.#timeline.tell({ kind: 'slot', at: slot + this.#options.assumptions.biasAfterSlotMs, slot });
    }
  }

  #candle(data: Uint8Array): void {
    const candle = recordOf(Candle, data);
    this.#timeline.tell({ kind: 'candle', at: closeTime(candle) + this.#delayMs, candle });
  }

  #signal(data: Uint8Array): void {
    const signal = recordOf(ScalpSignal, data);
    const at = signal.timestamp + this.#delayMs;
    this.#timeline.tell({ kind: 'input', at, input: { kind: 'signal', at, signal } });
  }

  #live(told: Told): void {
    if (told.kind === 'candle') this.#memoryOf(told.candle.symbol).add(told.candle);
    else if (told.kind === 'slot') this.#decide(told.slot, told.at);
    else {
      if (told.input.kind === 'signal') {
        const { signal } = told.input;
        this.#output.line('trade-signals-micro', wireJson(ScalpSignal, signal));
        this.#near.signal(signal.pair, signal.timestamp);
      }
      this.#desk().take(told.input);
      if (told.input.kind === 'features') this.#seen(told.input.row, told.at);
    }
  }

  /** The quote at a bar's close comes after the bar, which may hold worse prices. */
  #seen(row: FeatureRow, at: number): void {
    if (row.closeTime <= (this.#rows.get(row.pair)?.closeTime ?? 0)) return;
    this.#rows.set(row.pair, row);
    this.ledger.add(row);
    this.#near.bar(row);
    if (this.#options.recordedBooks !== null) return;
    this.#desk().take({ kind: 'snapshot', at, snapshot: this.#quotes.atClose(row) });
  }

  #decide(slot: number, at: number): void {
    for (const symbol of [...this.#memories.keys()].sort()) {
      const { bias, swing } = this.#memories.get(symbol)!.decide(slot);
      this.slots.decided += 1;
      if (!bias.reasons.some((reason) => reason.includes('not judged'))) this.slots.judged += 1;
      if (bias.bias !== null) this.slots.biased += 1;
      this.#output.line('macro-bias-updates', wireJson(MacroBias, bias));
      this.#desk().take({ kind: 'bias', at, bias });
      if (swing === null) continue;
      this.slots.swings += 1;
      this.#output.line('trade-signals-macro', wireJson(SwingSignal, swing));
      this.#desk().take({ kind: 'swing', at, swing });
    }
  }

  #memoryOf(symbol: string): MacroMemory {
    const known = this.#memories.get(symbol);
    if (known) return known;
    const memory = new MacroMemory(pairOf(symbol), this.#options.macro);
    this.#memories.set(symbol, memory);
    return memory;
  }
}

function recordOf<S extends z.ZodObject>(schema: S, data: Uint8Array): z.output<S> {
  return jsonRecord(schema, data).record;
}

/** @param row The newest bar that the desk has seen. */
export function regimeAt(row: FeatureRow | undefined): Regime {
  const isKnown = row !== undefined && row.atr !== null && row.atrBaseline !== null && row.atrBaseline > 0;
  return { trend: row?.trend ?? null, atrRatio: isKnown ? row.atr! / row.atrBaseline! : null };
}
