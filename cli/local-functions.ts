/** The functions behind the graph, in one process: state sink, MACRO engine, trade desk, notifier, charts, commands. */
import { join } from 'node:path';
import { systemClock } from '../connectors/clock/system.ts';
import type { StateStore } from '../connectors/state/port.ts';
import { candlesOf } from '../connectors/state/records.ts';
import { openSqliteStore } from '../connectors/state/sqlite.ts';
import type { MacroEngine, MacroPair } from '../functions/macro-engine/run.ts';
import { sinkMetrics } from '../functions/state-sink/metrics.ts';
import { sinkState } from '../functions/state-sink/subscriber.ts';
import type { Notifier } from '../functions/telegram-notifier/notifier.ts';
import type { AccountPorts } from '../functions/trade-desk/execution.ts';
import { TradeDesk } from '../functions/trade-desk/run.ts';
import type { Book, Swing } from '../functions/trade-desk/state.ts';
import { runDesk } from '../functions/trade-desk/subscriber.ts';
import { messageOf } from '../schemas/errors.ts';
import { pairOf } from '../schemas/primitives.ts';
import { type Close, closeInOrder } from './close-in-order.ts';
import { catchUp, rememberCloses } from './desk-past.ts';
import { KeptKlines } from './kept-klines.ts';
import { type LocalAlertsOptions, openAlerts } from './local-alerts.ts';
import { runMacroTimer } from './macro-timer.ts';
import { FUNCTION_FILES } from './stack-folders.ts';

export interface LocalFunctionsOptions extends LocalAlertsOptions {
  readonly symbols: readonly string[];
  /** Death of what the desk's books outlast. */
  readonly survives: 'machine' | 'process';
  /** Needed where a book lives on it; it stays open. */
  readonly account?: AccountPorts | null;
}

export type AlertCounts = ReturnType<Notifier['counts']>;

interface Parts {
  readonly store: StateStore;
  readonly klines: KeptKlines;
  readonly desk: TradeDesk;
  readonly notifier: Notifier;
}

/**
 * They read the bus from their opening on, so that nothing of the graph is missed. None of them stops another: what
 * fails is told and comes again.
 */
export class LocalFunctions {
  readonly #options: LocalFunctionsOptions;
  readonly #parts: Parts;
  /** The last opened first. */
  readonly #closes: readonly Close[];
  readonly #stopping: AbortController;
  #symbols: readonly string[];
  #running: Promise<unknown> | undefined;

  /** @throws ConfigError, UpstreamError where a file, the folder or the token cannot be used. */
  static async open(options: LocalFunctionsOptions): Promise<LocalFunctions> {
    const closes: Close[] = [];
    const stopping = new AbortController();
    try {
      const parts = await openParts(options, stopping.signal, (close) => closes.unshift(close));
      return new LocalFunctions(options, parts, closes, stopping);
    } catch (error) {
      await closeInOrder(closes).catch(() => {});
      throw error;
    }
  }

  private constructor(
    options: LocalFunctionsOptions,
    parts: Parts,
    closes: readonly Close[],
    stopping: AbortController,
  ) {
    this.#options = options;
    this.#parts = parts;
    this.#closes = closes;
    this.#stopping = stopping;
    this.#symbols = options.symbols;
  }

  /** MACRO decides on these from its next slot on. */
  follow(symbols: readonly string[]): void {
    this.#symbols = symbols;
  }

  /** The market runs: candles of the past are asked for, and the MACRO engine begins. Idempotent. */
  begin(): void {
    const { notice } = this.#options;
    const { signal } = this.#stopping;
    this.#running ??= Promise.all([
      rememberCloses(this.#options, this.#parts, signal),
      runMacroTimer(
        macroEngine(this.#options, this.#parts, () => this.#symbols),
        notice,
        signal,
      ),
    ]);
  }

  books(): Promise<Book[]> {
    return this.#parts.desk.books();
  }

  /** SWING positions that are open. */
  swings(): Promise<Swing[]> {
    return this.#parts.desk.swings();
  }

  /** Messages by what became of them. */
  alerts(): AlertCounts {
    return this.#parts.notifier.counts();
  }

  /** Desk, then notifier, then charts, then the stores: what each was told is done or left on the bus for the next. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await closeInOrder([async () => this.#running, ...this.#closes]);
  }
}

async function openParts(
  options: LocalFunctionsOptions,
  stopping: AbortSignal,
  onClose: (close: Close) => void,
): Promise<Parts> {
  const { bus, meter, source, config, dir, survives, account, notice } = options;
  const { clock } = source;
  const onError = (error: unknown) => notice(messageOf(error));
  const store = await openSqliteStore({ path: join(dir, FUNCTION_FILES.state), clock, survives });
  onClose(() => store.close());
  const sink = await sinkState({
    store,
    bus,
    clock,
    onKept: meter && sinkMetrics(meter, clock),
    onError: (topic, error) => notice(`State of ${topic}: ${messageOf(error)}`),
  });
  onClose(() => sink.close());
  const notifier = await openAlerts(options, store, onClose);
  const ports = { store, bus, config: config.desk };
  const rest = source.adapter.rest({ baseUrl: source.adapter.restUrl, clock: systemClock });
  const klines = new KeptKlines({ store, rest, signal: stopping });
  await catchUp(new TradeDesk(ports), klines, options);
  const { desk, close } = await runDesk({ ...ports, clock, meter, onError, ...(account && { account }) });
  onClose(close);
  return { store, klines, desk, notifier };
}

function macroEngine(
  { bus, meter, source, config }: LocalFunctionsOptions,
  { store, klines }: Parts,
  symbols: () => readonly string[],
): MacroEngine {
  const { venue } = source.adapter;
  return {
    bus,
    meter,
    clock: source.clock,
    params: config.macro,
    get pairs() {
      return symbols().map(
        (symbol): MacroPair => ({ pair: pairOf(symbol), instruments: [{ venue, symbol }] }),
      );
    },
    known: (query) => candlesOf(store, query),
    exchange: (query) => klines.fetch(query),
  };
}
