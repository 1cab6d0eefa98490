/** A candle from its numbers: identity and volume-weighted price are computed here only. */
import { type Candle, candleId } from '../../schemas/candle.ts';

export function newCandle(fields: Omit<Candle, 'id' | 'vwap'>): Candle {
  const { turnover, volume } = fields;
  const vwap = turnover !== null && volume > 0 ? turnover / volume : null;
  return { id: candleId(fields), ...fields, vwap };
}

/** The same bar under another revision. */
export function withRevision(candle: Candle, revision: number): Candle {
  return revision === candle.revision
    ? candle
    : { ...candle, id: candleId({ ...candle, revision }), revision };
}
