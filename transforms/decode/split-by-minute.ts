/** A batch across several minutes as one batch for each of them. */
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { encodeTradeColumns, type TradeBatch } from '../../schemas/trade-batch.ts';

/** Null where all trades lie in one minute, so that the batch can stay as it is. Claims stay behind. */
export function splitByMinute(batch: TradeBatch): Uint8Array[] | null {
  const rowsOf = rowsByMinute(batch);
  if (rowsOf === null) return null;
  const { venue, symbol } = batch.header;
  return [...rowsOf.values()].map((rows) =>
    encodeTradeColumns({
      venue,
      symbol,
      claim: null,
      last: null,
      from: 0,
      to: rows.length,
      ts: rows.map((row) => batch.ts[row]!),
      seq: rows.map((row) => batch.seq[row]!),
      price: rows.map((row) => batch.price(row)),
      size: rows.map((row) => batch.size(row)),
      buy: batch.hasSides ? rows.map((row) => batch.isBuy(row)) : null,
      ids: batch.idsOf(rows),
    }),
  );
}

function rowsByMinute(batch: TradeBatch): Map<number, number[]> | null {
  const { ts, count } = batch;
  if (count === 0) return null;
  const first = ts[0]! - (ts[0]! % MINUTE_MS);
  let isOne = true;
  for (let row = 1; row < count && isOne; row++) isOne = ts[row]! >= first && ts[row]! < first + MINUTE_MS;
  if (isOne) return null;
  const rows = new Map<number, number[]>();
  for (let row = 0; row < count; row++) {
    const minute = ts[row]! - (ts[row]! % MINUTE_MS);
    const known = rows.get(minute);
    if (known) known.push(row);
    else rows.set(minute, [row]);
  }
  return rows;
}
