/** Closed candles that warm a deployed graph: of an earlier replay, of a DuckDB file, of BigQuery, or of the exchange. */
import { existsSync } from 'node:fs';
import { systemClock } from '../connectors/clock/system.ts';
import { venueAdapter } from '../connectors/exchanges/adapters.ts';
import { openDuckDbHistory } from '../connectors/history/duckdb.ts';
import type { History } from '../connectors/history/port.ts';
import { readHistory } from '../pipelines/replay/history.ts';
import { warmCandles } from '../pipelines/warm-start.ts';
import type { Candle } from '../schemas/candle.ts';
import { ConfigError, NotFoundError } from '../schemas/errors.ts';
import type { Venue } from '../schemas/primitives.ts';
import { historyPlaceOf, openHistory } from './history-place.ts';

export interface HistoryRequest {
  /** Folder, .duckdb file, `bigquery:PROJECT.DATASET`, or `exchange`. */
  readonly source: string;
  readonly symbols: readonly string[] | undefined;
  readonly venue: Venue;
  /** Unit: ms since the epoch. */
  readonly startMs: number;
}

const DUCKDB = /\.(duckdb|db)$/;

/** Only bars that some window still looks at. @throws ConfigError where the source or the symbols are missing. */
export async function deployHistory(request: HistoryRequest): Promise<Candle[]> {
  if (request.source === 'exchange') return fromExchange(request);
  if (request.source.startsWith('bigquery:')) return fromBigQuery(request);
  return DUCKDB.test(request.source) ? fromDuckDb(request) : fromReplay(request);
}

async function fromExchange(request: HistoryRequest): Promise<Candle[]> {
  const { venue, startMs } = request;
  const { restUrl: baseUrl, rest } = venueAdapter(venue);
  const exchange = rest({ baseUrl, clock: systemClock });
  return warmCandles({
    venue,
    startMs,
    symbols: symbolsOf(request),
    fetchKlines: (query) => exchange.klines(query),
  });
}

async function fromDuckDb(request: HistoryRequest): Promise<Candle[]> {
  const { source } = request;
  if (!existsSync(source))
    throw new NotFoundError(`Expected --history to be there, found no file ${source}.`);
  const history = await openDuckDbHistory({ path: source });
  try {
    return await known(history, symbolsOf(request), request);
  } finally {
    await history.close();
  }
}

async function fromBigQuery(request: HistoryRequest): Promise<Candle[]> {
  const symbols = symbolsOf(request);
  const history = await openHistory(historyPlaceOf(request.source, '--history'));
  try {
    return await known(history, symbols, request);
  } finally {
    await history.close();
  }
}

async function fromReplay(request: HistoryRequest): Promise<Candle[]> {
  const candles = (await readHistory(request.source, request.startMs)).filter(
    ({ venue }) => venue === request.venue,
  );
  const symbols = request.symbols ?? [...new Set(candles.map(({ symbol }) => symbol))].sort();
  const history: Pick<History, 'candles'> = {
    candles: async ({ interval, fromMs, toMs }) =>
      candles.filter((c) => c.interval === interval && c.openTime >= fromMs && c.openTime < toMs),
  };
  return known(history, symbols, request);
}

/** What is there; where bars are missing the graph waits for them itself. */
function known(
  history: Pick<History, 'candles'>,
  symbols: readonly string[],
  { venue, startMs }: HistoryRequest,
): Promise<Candle[]> {
  return warmCandles({ venue, symbols, startMs, history, fetchKlines: async () => [] });
}

function symbolsOf({ symbols, source }: HistoryRequest): readonly string[] {
  if (symbols && symbols.length > 0) return symbols;
  throw new ConfigError(
    `Expected --symbols BTCUSDT,ETHUSDT with --history ${source}: whose candles to take.`,
  );
}
