/** What a backtest takes for granted where history does not tell: default, unit and reason in one place. */
import { z } from 'zod';
import { HOUR_MS } from './primitives.ts';

const ms = (value: number, text: string) =>
  z.number().int().nonnegative().max(HOUR_MS).default(value).describe(`${text} Unit: ms.`);

export const BacktestAssumptions = z.strictObject({
  assumedSpread: z
    .number()
    .min(0)
    .max(0.05)
    .default(0.0002)
    .describe(
      'Without recorded books: best ask less best bid round the close of each 1m bar, which is taken for mid. More than any of what was measured on Bybit: 0.000002 of BTC to 0.00014 of DOGE, whose tick is coarse. Unit: share of price.',
    ),
  assumedDepth: z
    .number()
    .min(0)
    .max(100)
    .default(0.2)
    .describe(
      'Without recorded books: what rests within 5 bps of mid on each side, and as much in each further 5 bps. Less than what was measured on Bybit in a quiet minute, 2 × of DOGE to 30 × of BTC, since a busy one trades tens of times as much. Unit: × EMA20 of the 1m volumes.',
    ),
  lastTradeBeforeCloseMs: z
    .number()
    .int()
    .min(1)
    .max(60_000)
    .default(1)
    .describe(
      'Without recorded trades: a bar with volume had its last trade this long before its close; one without had none. Unit: ms.',
    ),
  biasAfterSlotMs: ms(
    10_000,
    'The MACRO engine lets bars settle for so long after its slot: the signals of the bar that closes with the slot are decided on the bias before.',
  ),
  fundingKnownBeforeMs: ms(
    600_000,
    'With a file of settled fundings: the rate is taken to be shown for so long before it falls due. Earlier estimates were not recorded.',
  ),
  warmUpDays: z
    .number()
    .int()
    .min(0)
    .max(400)
    .default(35)
    .describe(
      'Bars this long before the time range are read to warm graph, MACRO and correlation: 4h bars need 100 in a row to be judged, and 200 to be judged well. Signals of that time are not traded. Unit: days.',
    ),
});
export type BacktestAssumptions = z.output<typeof BacktestAssumptions>;

export const DEFAULT_ASSUMPTIONS: BacktestAssumptions = BacktestAssumptions.parse({});

const REALISED =
  'Equity is known when a position is closed: drawdown, Sharpe, Sortino and the daily halt do not see what an open one has lost meanwhile.';

/** What follows from the rules of the desk and the graph when books were not recorded, in sentences for a report. */
export const CANDLE_ASSUMPTIONS: readonly string[] = [
  'A signal is entered at the close of its bar, from a made-up book round that price; what the market did within the seconds it takes to send an order is not known.',
  'A position entered at the close of a bar is left in a later bar at the earliest. Within a bar nobody knows what came first: liquidation, then SL, then TP, then the timeout.',
  'A TP is filled where the price goes beyond it, not where it touches it; an SL at its price or, where the bar opens beyond it, at the open, less `liquidity.withoutBook`.',
  'A minute that is missing in a file of candles had no trade; 15 of them in a row are in the gap ledger, for they may be a hole.',
  'The order-book-flip check never holds: there was no book.',
  REALISED,
];

/** The same of recorded frames, with their books. */
export const FRAME_ASSUMPTIONS: readonly string[] = [
  'Books, trades and fundings are those that were recorded; nobody was moved by the orders that were not sent.',
  'A bar and its signals reach the desk when the graph has waited for late trades, snapshots at their second; the seconds it takes to send an order are not known.',
  REALISED,
];
