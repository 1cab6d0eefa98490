/** Binance USDⓈ-M REST answers: https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api. */
import { z } from 'zod';
import { AggregateTrade, Decimal, Large, Ms, Name, PositiveDecimal } from './wire.ts';

/** Body of what is refused, with a status of 4xx; a ban has it too. */
export const AggregateTrades = z.array(AggregateTrade);

/** `[open time, open, high, low, close, volume, close time, turnover, fills, taker's buy volume, …]`, oldest first. */
export const Klines = z.array(
  z
    .tuple([
      Ms,
      PositiveDecimal,
      PositiveDecimal,
      PositiveDecimal,
      PositiveDecimal,
      Decimal,
      Ms,
      Large,
      z.int().nonnegative(),
      Decimal,
    ])
    .rest(z.unknown()),
);
export type KlineRow = z.output<typeof Klines>[number];

/** Statuses documented: `PENDING_TRADING`, `TRADING`, `PRE_DELIVERING`, `DELIVERING`, `DELIVERED`, `PRE_SETTLE`, `SETTLING`, `CLOSE`. */
export const ExchangeInfo = z.looseObject({
  symbols: z.array(
    z.looseObject({
      symbol: Name,
      contractType: z.string(),
      status: z.string(),
      baseAsset: Name,
      quoteAsset: Name,
      onboardDate: Ms.optional(),
      filters: z.array(
        z.looseObject({
          filterType: z.string(),
          tickSize: z.string().optional(),
          stepSize: z.string().optional(),
        }),
      ),
    }),
  ),
});
export type ContractRow = z.output<typeof ExchangeInfo>['symbols'][number];

export const Tickers = z.array(z.looseObject({ symbol: Name, quoteVolume: Large }));
