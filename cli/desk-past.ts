/** What the desk must know of the time in which it did not run. */
import type { TradeDesk } from '../functions/trade-desk/run.ts';
import { messageOf } from '../schemas/errors.ts';
import { floorTo, MINUTE_MS } from '../schemas/primitives.ts';
import type { KeptKlines } from './kept-klines.ts';
import type { MarketSource } from './market-source.ts';
import type { StackConfig } from './stack-config.ts';

interface PastOptions {
  readonly source: MarketSource;
  readonly symbols: readonly string[];
  readonly config: StackConfig;
  /** Told in a sentence what a person should know. */
  readonly notice: (line: string) => void;
}

/** Positions of an earlier run are told of the minutes in which nobody looked. */
export async function catchUp(
  desk: TradeDesk,
  klines: KeptKlines,
  { source, notice }: Pick<PastOptions, 'source' | 'notice'>,
): Promise<void> {
  const at = source.clock.now();
  const toMs = floorTo(at, MINUTE_MS);
  const held = (await desk.books()).flatMap(({ positions }) => positions);
  for (const { venue, symbol, since } of held) {
    const fromMs = Math.ceil(since / MINUTE_MS) * MINUTE_MS;
    try {
      const bars = fromMs < toMs ? await klines.of({ venue, symbol, interval: '1m', fromMs, toMs }) : [];
      for (const candle of bars) await desk.take({ kind: 'candle', at, candle });
    } catch (error) {
      notice(
        `Minutes of ${symbol} since ${new Date(since).toISOString()} are not known: ${messageOf(error)}`,
      );
    }
  }
}

/** Correlation looks back a day, which the graph does not tell of. */
export async function rememberCloses(
  { source, symbols, config, notice }: PastOptions,
  { desk, klines }: { readonly desk: TradeDesk; readonly klines: KeptKlines },
  signal: AbortSignal,
): Promise<void> {
  const { adapter, clock } = source;
  const minutes = Math.max(...config.desk.books.map(({ risk }) => risk.correlationMinutes)) + 1;
  const toMs = floorTo(clock.now(), MINUTE_MS);
  const span = { venue: adapter.venue, interval: '1m', fromMs: toMs - minutes * MINUTE_MS, toMs } as const;
  for (const symbol of symbols) {
    if (signal.aborted) return;
    try {
      await desk.remember(await klines.of({ ...span, symbol }));
    } catch (error) {
      if (!signal.aborted) notice(`Minutes of ${symbol} are not known to the desk: ${messageOf(error)}`);
    }
  }
}
