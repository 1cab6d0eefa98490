/** The desk's books, as numbers. */
import { type Sample, sample } from '../../connectors/metrics/meter.ts';
import type { TradeDesk } from './run.ts';

/** @param now Of the market. Unit: ms. */
export async function deskSamples(
  desk: Pick<TradeDesk, 'books' | 'newestQuoteMs'>,
  now: number,
): Promise<Sample[]> {
  const { newestQuoteMs } = desk;
  const age = newestQuoteMs === null ? null : Math.max(0, now - newestQuoteMs) / 1_000;
  const books = (await desk.books()).flatMap(({ book, equity, day, positions, outbox, paused, killed }) => {
    const of = (name: Sample['name'], value: Sample['value']) => sample(name, value, { book });
    return [
      of('cst_desk_positions_open', positions.length),
      of('cst_desk_equity', equity),
      of('cst_desk_day_realised_ratio', day.equity > 0 ? day.realised / day.equity : null),
      of('cst_desk_halted', day.halted),
      of('cst_desk_paused', paused.on || killed.on),
      of('cst_desk_untold_events', outbox.length),
    ];
  });
  return [sample('cst_desk_snapshot_age_seconds', age), ...books];
}
