/** Bybit v5 REST answers as they come over the wire. Numbers are decimal strings; fields we do not use pass through. */
import { z } from 'zod';
import { Decimal, Name, PositiveDecimal } from './wire.ts';

const Whole = z.string().regex(/^\d{1,15}$/);

/** Envelope of every REST answer. */
export const RestEnvelope = z.looseObject({
  retCode: z.number().int(),
  retMsg: z.string(),
  result: z.unknown(),
});

/** `[open time ms, open, high, low, close, volume, turnover]`, newest first; the newest may be unclosed. */
export const KlineResult = z.looseObject({
  category: z.string(),
  symbol: Name,
  list: z.array(
    z.tuple([Whole, PositiveDecimal, PositiveDecimal, PositiveDecimal, PositiveDecimal, Decimal, Decimal]),
  ),
});

/**
 * Contracts that are traded or about to be; those that ended are not listed. Statuses seen or documented: `Trading`,
 * `PreLaunch`, `PendingOpen`, `Settling`, `Delivering`, `Closed`. `launchTime` is 0 where there is none.
 */
export const InstrumentsResult = z.looseObject({
  list: z.array(
    z.looseObject({
      symbol: Name,
      contractType: z.string(),
      status: z.string(),
      baseCoin: Name,
      quoteCoin: Name,
      launchTime: Whole.optional(),
      priceFilter: z.looseObject({ tickSize: PositiveDecimal }),
      lotSizeFilter: z.looseObject({ qtyStep: PositiveDecimal }),
    }),
  ),
  nextPageCursor: z.string().optional(),
});

/** `turnover24h` is empty where nothing is known of it (contracts not yet traded). */
export const TickersResult = z.looseObject({
  list: z.array(z.looseObject({ symbol: Name, turnover24h: z.union([z.literal(''), Decimal]) })),
});

/** Fills, newest first; those of one `seq` are one taker order, its last fill first. `side` is the taker's. */
export const TradesResult = z.looseObject({
  list: z.array(
    z.looseObject({
      execId: z.string(),
      symbol: z.string(),
      price: z.string(),
      size: z.string(),
      side: z.string(),
      time: Whole,
      seq: Whole,
    }),
  ),
});
