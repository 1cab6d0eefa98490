/** The desk over history: its pure state machine, told one input after the other, and the trades that come of it. */
import type { DeskInput } from '../../functions/trade-desk/input.ts';
import { type DeskState, EMPTY_DESK } from '../../functions/trade-desk/state.ts';
import { desk } from '../../functions/trade-desk/trade-desk.ts';
import type { DeskConfig } from '../../schemas/desk-params.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';
import type { PositionSide } from '../../schemas/primitives.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { type ClosedTrade, closedTrades } from '../../transforms/performance/closed-trade.ts';

/** What was so when a signal was entered: for whoever asks later in which markets a strategy earns. */
export interface EntryContext {
  readonly strategy: ScalpSignal['strategy'];
  readonly variant: string;
  readonly symbol: string;
  readonly confidence: number;
  /** The bias in force, if any. */
  readonly bias: PositionSide | null;
  /** Of the signal's level set. */
  readonly trend: 'UP' | 'DOWN' | 'RANGING' | null;
  /** ATR over its mean of 20 days; null while one is not known. */
  readonly atrRatio: number | null;
}

export interface BacktestTrade extends ClosedTrade, EntryContext {
  readonly tp: number | null;
  readonly sl: number | null;
  readonly leverage: number | null;
  readonly halved: boolean | null;
  readonly entryLiquidity: 'MAKER' | 'TAKER' | null;
  readonly exitLiquidity: 'MAKER' | 'TAKER' | null;
  /** Of the book after it. Unit: quote. */
  readonly equity: number | null;
}

/** Of the pair, when its signal came. */
export type Regime = Pick<EntryContext, 'trend' | 'atrRatio'>;

export interface DeskRunOptions {
  readonly config: DeskConfig;
  readonly onEvent: (event: PositionEvent) => void;
  readonly onTrade: (trade: BacktestTrade) => void;
  /** Told of each input before it is decided. */
  readonly onInput?: ((input: DeskInput) => void) | undefined;
  readonly regimeOf: (pair: string) => Regime;
}

interface Entered {
  readonly context: EntryContext;
  entry: PositionEvent | undefined;
}

export class DeskRun {
  readonly #options: DeskRunOptions;
  /** Signals that were let in and are not yet over, by book and signal. */
  readonly #entered = new Map<string, Entered>();
  #state: DeskState = EMPTY_DESK;

  constructor(options: DeskRunOptions) {
    this.#options = options;
  }

  get state(): DeskState {
    return this.#state;
  }

  take(input: DeskInput): void {
    this.#options.onInput?.(input);
    const { state, events } = desk(this.#state, input, this.#options.config);
    this.#state = state;
    if (events.length === 0) return;
    for (const event of events) {
      this.#options.onEvent(event);
      if (input.kind === 'signal' && event.kind === 'DECISION' && event.refusal === null) {
        this.#entered.set(keyOf(event), {
          context: this.#contextOf(input.signal, input.at),
          entry: undefined,
        });
      }
      this.#follow(event);
    }
    this.#published(input.at, events);
  }

  /** Nothing waits to be told: an outbox that is never emptied would grow with history. */
  #published(at: number, events: readonly PositionEvent[]): void {
    const inputs = events.map(({ id, book, pair }): DeskInput => {
      const ids = [id];
      return book === undefined
        ? { kind: 'swing_published', at, pair, ids }
        : { kind: 'published', at, book, ids };
    });
    for (const input of inputs) this.#state = desk(this.#state, input, this.#options.config).state;
  }

  #follow(event: PositionEvent): void {
    const key = keyOf(event);
    const entered = this.#entered.get(key);
    if (entered === undefined) return;
    if (event.kind === 'ENTRY') entered.entry = event;
    if (event.kind !== 'EXIT') return;
    this.#entered.delete(key);
    const trade = entered.entry && tradeOf(entered.entry, event, entered.context);
    if (trade) this.#options.onTrade(trade);
  }

  #contextOf({ strategy, variant, symbol, confidence, pair }: ScalpSignal, at: number): EntryContext {
    const bias = this.#state.pairs[pair]?.bias;
    const isInForce = bias !== null && bias !== undefined && at < bias.expires_at;
    return {
      strategy,
      variant,
      symbol,
      confidence,
      bias: isInForce ? bias.bias : null,
      ...this.#options.regimeOf(pair),
    };
  }
}

function keyOf({ signalId, book }: PositionEvent): string {
  return `${book} ${signalId}`;
}

function tradeOf(entry: PositionEvent, exit: PositionEvent, context: EntryContext): BacktestTrade | null {
  const [closed] = closedTrades([entry, exit]);
  if (closed === undefined) return null;
  const { tp = null, sl = null, leverage = null, halved = null, equity = null } = exit;
  const liquidity = {
    entryLiquidity: entry.liquidity ?? null,
    exitLiquidity: exit.liquidity ?? null,
  };
  return { ...closed, ...context, tp, sl, leverage, halved, equity, ...liquidity };
}
