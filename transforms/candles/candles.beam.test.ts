import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { Group, PaneContext } from '../beam.ts';
import type { MinutePart } from '../market-data.ts';
import { candlesOfMinutes, closeMinutes, foldMinutes, rollUpCandles } from './candles.beam.ts';
import { batchOf, partsOf, SYMBOL, T0, trade, VENUE } from './candles.fixture.ts';

const key = `${VENUE}:${SYMBOL}`;
/** As the engine would answer while it processes a window with this end. */
const until = <T extends object>(end: number, config?: T) =>
  ({
    ...config,
    window: { lookup: () => ({ end: { toNumber: () => end } }) },
    pane: { lookup: () => ({ timing: 'ON_TIME', index: 0 }) },
  }) as unknown as T & PaneContext;

describe('the candle steps', () => {
  it('turn parts into a closed minute, then into longer candles, stamped with their last instant', () => {
    const values = partsOf(batchOf([trade(1, 5)], { fromMs: T0, toMs: T0 + MINUTE_MS })).map(
      ({ value }) => value,
    );
    const group: Group<MinutePart> = { key, value: values };
    const end = T0 + MINUTE_MS;
    const [folded] = foldMinutes(group, until(end));
    expect(folded).toMatchObject({ key, ts: end - 1, value: { openTime: T0, traded: { close: 5 } } });
    const [closed] = closeMinutes({ key, value: [folded!.value] }, until(end, { lookback: 12 }));
    expect(closed).toMatchObject({ key, ts: end - 1, value: { candle: { close: 5, complete: true } } });
    const [candle] = candlesOfMinutes(closed!);
    const interval = '5m' as const;
    const [rolled] = rollUpCandles({ key, value: [candle!.value] }, until(T0 + 5 * MINUTE_MS, { interval }));
    expect(rolled).toMatchObject({ ts: T0 + 5 * MINUTE_MS - 1, value: { interval, openTime: T0, close: 5 } });
  });

  it('make nothing of windows whose last minute was not heard of', () => {
    const group: Group<MinutePart> = {
      key,
      value: partsOf(batchOf([trade(1, 5)])).map(({ value }) => value),
    };
    const [folded] = foldMinutes(group, until(T0 + MINUTE_MS));
    expect([
      ...closeMinutes({ key, value: [folded!.value] }, until(T0 + 2 * MINUTE_MS, { lookback: 12 })),
    ]).toEqual([]);
    expect([...rollUpCandles({ key, value: [] }, until(T0, { interval: '1h' }))]).toEqual([]);
  });
});
