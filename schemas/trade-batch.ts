/** The message of `raw-tick-data`: trades of one symbol in columns, or candles that someone else made. See trade-batch/format.ts. */
export { decodeBarBatch, encodeBarBatch } from './trade-batch/bars.ts';
export {
  decodeTradeBatch,
  newTradeColumns,
  type TradeBatch,
} from './trade-batch/decode.ts';
export {
  encodeTradeBatch,
  encodeTradeColumns,
  type TradeRow,
} from './trade-batch/encode.ts';
export {
  type Claim,
  type KnownTrade,
  readBatchHeader,
  readBatchKind,
} from './trade-batch/format.ts';
