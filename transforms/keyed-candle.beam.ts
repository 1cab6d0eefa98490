/** Candles on their way into a group: keyed by stream, stamped with their last instant, when they became known. */
import { type Candle, closeTime } from '../schemas/candle.ts';
import { streamKey } from '../schemas/primitives.ts';
import { type Keyed, register } from './beam.ts';

export function* keyCandle(candle: Candle): Iterable<Keyed<Candle>> {
  yield {
    key: streamKey(candle.venue, candle.symbol),
    ts: closeTime(candle) - 1,
    value: candle,
  };
}

register('transforms/keyed-candle', { keyCandle });
