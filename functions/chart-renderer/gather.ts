/** Reads from the state store what a chart is made of. */
import { OwnedRows } from '../../connectors/state/owned.ts';
import type { StateStore } from '../../connectors/state/port.ts';
import { candlesOf, findRecord, listRecords } from '../../connectors/state/records.ts';
import { type Candle, closeTime } from '../../schemas/candle.ts';
import type { ChartTask } from '../../schemas/chart-task.ts';
import { INTERVAL_MS, pairOf, type Venue } from '../../schemas/primitives.ts';
import { Book } from '../trade-desk/state.ts';
import type { ChartFacts, ShownPosition } from './content/facts.ts';
import { MARKET_BARS, marketFrame, RSI_BARS, signalFrame } from './content/frame.ts';

interface Instrument {
  readonly venue: Venue;
  readonly symbol: string;
}

/** @param venue Whose candles are shown where the task does not say. @param now For a market of which nothing is known. */
export async function gather(
  store: StateStore,
  task: ChartTask,
  venue: Venue,
  now: number,
): Promise<ChartFacts> {
  const { pair, scalp } = task;
  const [levels, snapshots] = await Promise.all([
    findRecord(store, 'levels', { pair }),
    scalp ? [] : listRecords(store, 'snapshot'),
  ]);
  const snapshot = snapshots.find((each) => each.venue === venue && pairOf(each.symbol) === pair) ?? null;
  const instrument = scalp ?? snapshot ?? { venue, symbol: pair };
  const frame = signalFrame(task);
  if (frame !== null) {
    const { interval, from, dataTo } = frame;
    const range = { interval, fromMs: from - RSI_BARS * INTERVAL_MS[interval], toMs: dataTo };
    const candles = await candlesOf(store, { ...rangeOf(instrument), ...range });
    return { task, frame, candles, levels, snapshot: null, positions: [] };
  }
  const [candles, positions] = await Promise.all([newest(store, instrument), positionsIn(store, pair)]);
  const last = candles.at(-1);
  const end = last ? closeTime(last) : (snapshot?.ts ?? now);
  return { task, frame: marketFrame(end), candles, levels, snapshot, positions };
}

function rangeOf({ venue, symbol }: Instrument): Instrument {
  return { venue, symbol };
}

function newest(store: StateStore, instrument: Instrument): Promise<Candle[]> {
  return candlesOf(store, { ...rangeOf(instrument), interval: '1m', limit: MARKET_BARS + RSI_BARS });
}

async function positionsIn(store: StateStore, pair: string): Promise<ShownPosition[]> {
  const books = await new OwnedRows(store, 'desk-book', Book).list();
  return books.flatMap(({ value }) => value.positions.filter((position) => position.pair === pair));
}
