/** What a chart is made of, from the state store; bars that it does not have from the exchange. */
import { OwnedRows } from '../../connectors/state/owned.ts';
import type { StateStore } from '../../connectors/state/port.ts';
import { candlesOf, findRecord, listRecords } from '../../connectors/state/records.ts';
import { type Candle, closeTime } from '../../schemas/candle.ts';
import type { ChartTask } from '../../schemas/chart-task.ts';
import { INTERVAL_MS, pairOf, type Venue } from '../../schemas/primitives.ts';
import { Book } from '../trade-desk/state.ts';
import type { ChartFacts, ShownPosition } from './content/facts.ts';
import { type Frame, marketFrame, RSI_BARS, signalFrame } from './content/frame.ts';
import { type FillGaps, fillGaps } from './fill-gaps.ts';

interface Instrument {
  readonly venue: Venue;
  readonly symbol: string;
}

export interface GatherOptions extends FillGaps {
  readonly store: StateStore;
  /** Whose candles are shown where the task does not say. */
  readonly venue: Venue;
}

/** What is known now; of the past also what the exchange knows. @throws UpstreamError where the state store fails. */
export async function gather(task: ChartTask, options: GatherOptions): Promise<ChartFacts> {
  const { store, venue, now } = options;
  const { pair, scalp } = task;
  const [levels, snapshots] = await Promise.all([
    findRecord(store, 'levels', { pair }),
    scalp ? [] : listRecords(store, 'snapshot'),
  ]);
  const snapshot = snapshots.find((each) => each.venue === venue && pairOf(each.symbol) === pair) ?? null;
  const instrument = scalp ?? snapshot ?? { venue, symbol: pair };
  const frame = signalFrame(task, now);
  if (frame !== null) {
    const candles = await candlesIn(frame, instrument, options);
    return { task, frame, candles, levels, snapshot: null, positions: [] };
  }
  const [newest] = await candlesOf(store, { ...seriesOf(instrument), interval: '1m', limit: 1 });
  const market = marketFrame(newest ? closeTime(newest) : (snapshot?.ts ?? now));
  const [candles, positions] = await Promise.all([
    candlesIn(market, instrument, options),
    positionsIn(store, pair),
  ]);
  return { task, frame: market, candles, levels, snapshot, positions };
}

async function candlesIn(
  { interval, from, dataTo }: Frame,
  instrument: Instrument,
  options: GatherOptions,
): Promise<readonly Candle[]> {
  const fromMs = from - RSI_BARS * INTERVAL_MS[interval];
  const query = { ...seriesOf(instrument), interval, fromMs, toMs: dataTo };
  return fillGaps(await candlesOf(options.store, query), query, options);
}

/** Of a record that has much more. */
function seriesOf({ venue, symbol }: Instrument): Instrument {
  return { venue, symbol };
}

async function positionsIn(store: StateStore, pair: string): Promise<ShownPosition[]> {
  const books = await new OwnedRows(store, 'desk-book', Book).list();
  return books.flatMap(({ value }) => value.positions.filter((position) => position.pair === pair));
}
