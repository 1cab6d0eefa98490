/** Warm start: known candles enter the graph where bars of their interval are made. */
import type { Candle } from '../../schemas/candle.ts';
import { streamKey } from '../../schemas/primitives.ts';
import { type Keyed, register } from '../beam.ts';
import type { MinutePart } from '../market-data.ts';
import { fromBlock } from './known-candles.ts';

/** A 1m candle is a part of its minute, as if the feed had told it; a longer one joins the roll-up of its interval. */
export type KnownCandle = { readonly minute: Keyed<MinutePart> } | { readonly longer: Candle };

export function* readKnownCandles(block: string): Iterable<KnownCandle> {
  for (const candle of fromBlock(block)) {
    if (candle.interval !== '1m') yield { longer: candle };
    else
      yield {
        minute: {
          key: streamKey(candle.venue, candle.symbol),
          ts: candle.openTime,
          value: { kind: 'bar', candle },
        },
      };
  }
}

register('transforms/known-candles/known-candles', { readKnownCandles });
