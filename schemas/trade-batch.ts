/** The message of `raw-tick-data`: trades of one symbol in columns, or candles that someone else made. See trade-batch/format.ts. */
export { type BarBatch, decodeBarBatch, encodeBarBatch } from './trade-batch/bars.ts';
export {
  decodeTradeBatch,
  newTradeColumns,
  type TradeBatch,
  type TradeColumns,
} from './trade-batch/decode.ts';
export {
  encodeTradeBatch,
  encodeTradeColumns,
  type TradeBatchInput,
  type TradeColumnsInput,
  type TradeRow,
} from './trade-batch/encode.ts';
export {
  type BatchHeader,
  type Claim,
  type KnownTrade,
  MAX_CLAIM_MS,
  readBatchHeader,
  readBatchKind,
} from './trade-batch/format.ts';
