/** Every parameter of the trade desk: default, unit and reason in one place. Each book (variant) overrides any of them. */
import { z } from 'zod';
import { DAY_MS, Venue } from './primitives.ts';

/** A year: no rule of a scalp is about more. */
const MAX_MS = 365 * DAY_MS;
/** So many are asked of the exchange for each symbol, and rewritten with each bar. */
const MAX_CORRELATION_MINUTES = 30 * 1_440;
const share = (value: number, text: string) => z.number().min(0).max(10).default(value).describe(text);
const count = (value: number, text: string, most = 1_000_000) =>
  z.number().int().positive().max(most).default(value).describe(text);
const ms = (value: number, text: string) =>
  z.number().int().nonnegative().max(MAX_MS).default(value).describe(`${text} Unit: ms.`);
const HH_MM = /^([01]\d|2[0-3]):[0-5]\d$|^24:00$/;

const FeedGateParams = z.strictObject({
  maxSnapshotAgeMs: ms(
    5_000,
    'Snapshots come each second; an entry on an older one is a guess at the price.',
  ),
  maxTradeAgeMs: ms(60_000, 'A market in which nobody traded for this long has no price to scalp.'),
  maxDesyncMs: ms(2_000, 'A book out of sync for longer than a resync takes says nothing of depth.'),
});

const RuleParams = z.strictObject({
  entryBand: share(
    0.001,
    'A signal is void once mid leaves its entry by more than this. Unit: share of price.',
  ),
  dailyLossHalt: share(
    0.05,
    'Realised loss of a UTC day from which on no scalp is entered until the next. Unit: share of the day’s first equity.',
  ),
  onSwing: z
    .enum(['stand_aside', 'halve'])
    .default('stand_aside')
    .describe('What a scalp does while a SWING position is open in its pair: two engines must not fight.'),
  swingMaxHours: count(
    48,
    'A SWING position is taken for closed after this, should its TP and SL never be seen. Unit: h.',
  ),
  cooldownMs: ms(
    900_000,
    'Time after an exit in which its pair is left alone, against trading one idea twice.',
  ),
  maxConcurrent: count(3, 'Scalps open at once in a book.'),
  dailyCap: count(50, 'Scalps entered in a UTC day; more is noise that pays fees.'),
});

const Blackout = z
  .strictObject({
    date: z.iso.date().optional().describe('UTC day; every day where neither date nor weekday is given.'),
    weekday: z.number().int().min(0).max(6).optional().describe('0 is Sunday, UTC.'),
    from: z.string().regex(HH_MM, 'expected HH:MM').describe('First minute, UTC.'),
    to: z.string().regex(HH_MM, 'expected HH:MM').describe('First minute after it, UTC; at most 24:00.'),
    reason: z.string().min(1).describe('Why, for people.'),
  })
  .refine(({ from, to }) => from < to, 'expected "from" before "to"; write a window over midnight as two');

const RiskParams = z.strictObject({
  startEquity: z
    .number()
    .positive()
    .max(1e12)
    .default(10_000)
    .describe('What the book begins with. Unit: quote.'),
  margin: share(0.1, 'Margin of a scalp. Unit: share of equity.'),
  marginHalved: share(0.05, 'Margin of a halved scalp. Unit: share of equity.'),
  maxMargin: share(0.3, 'Open notional stays within this × equity × leverage. Unit: share of equity.'),
  maxOpenRisk: share(0.02, 'Loss if every open scalp is stopped out at its SL. Unit: share of equity.'),
  minNotional: z
    .number()
    .nonnegative()
    .default(10)
    .describe('Smaller orders are refused by exchanges. Unit: quote.'),
  correlation: share(
    0.7,
    'From this correlation with an open position’s pair on, two scalps are one bet: halve.',
  ),
  correlationMinutes: count(
    1_440,
    'Span of 1m returns that are correlated: a day holds every session. Unit: min.',
    MAX_CORRELATION_MINUTES,
  ),
  correlationMinReturns: count(
    240,
    'With fewer common returns ρ counts as unknown, and unknown as too high.',
  ),
});

const FundingParams = z.strictObject({
  hours: z
    .array(z.number().int().min(0).max(23))
    .default([0, 8, 16])
    .describe('When funding is exchanged. Unit: hour of the UTC day.'),
  windowMs: ms(
    300_000,
    'No entry this close before a costly funding: it is paid in full however short the holding.',
  ),
  maxShareOfTp: share(0.2, 'A funding that costs more than this share of the TP distance is costly.'),
  maxRateAgeMs: ms(600_000, 'A rate last seen longer than this before its funding is not known.'),
});

const LiquidityParams = z.strictObject({
  maxSlippage: share(0.0005, 'Expected slippage of an entry against mid, from depth. Unit: share of price.'),
  minShrink: share(0.25, 'An order that depth would shrink below this share of its size is refused instead.'),
  beyondBook: share(
    0.01,
    'Where depth ends, the rest of an exit is filled this far from mid. Unit: share of price.',
  ),
  withoutBook: share(0.0005, 'Slippage of a stop seen in a bar alone, with no book. Unit: share of price.'),
});

const PaperParams = z.strictObject({
  entry: z
    .enum(['marketable', 'limit'])
    .default('marketable')
    .describe(
      'Entry at once at the taker’s fee, or resting at the signal’s price for the maker’s, perhaps never filled.',
    ),
  makerFee: share(0.0002, 'Fee of a resting fill. Unit: share of notional.'),
  takerFee: share(0.0006, 'Fee of a market fill. Unit: share of notional.'),
  timeoutMs: ms(3_600_000, 'A scalp neither won nor lost by then is closed at market.'),
  staleMs: ms(
    600_000,
    'A position overdue for this long without a price to close at is closed at the last known.',
  ),
  maintenanceMargin: share(
    0.005,
    'Share of notional below which the exchange liquidates. Unit: share of notional.',
  ),
  missingGraceMs: ms(120_000, 'A position this young may be unknown to the exchange’s listing yet.'),
});

const BrokerParams = z.strictObject({
  slippageTolerance: share(
    0.001,
    'A marketable entry is a limit this far beyond mid: the last lot of a sweep lies twice as far as its mean may. Unit: share of price.',
  ),
  graceMs: ms(
    30_000,
    'What the exchange does not know this long after it was asked for will not come: longer than a request may be under way, and than fills show late.',
  ),
  closeOrphans: z
    .boolean()
    .default(false)
    .describe('Positions of the account that no book knows are closed at market, and not only told of.'),
});

export const DeskParams = z.strictObject({
  book: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[A-Za-z0-9._-]+$/, 'expected letters, digits, ".", "_" and "-" only')
    .default('default')
    .describe('Name of this book; part of each event id.'),
  signalVariants: z
    .array(z.string())
    .default([])
    .describe('Variants of signals the book trades; all of them where empty.'),
  execution: z
    .enum(['paper', 'broker'])
    .default('paper')
    .describe(
      'Where the book’s scalps are filled: by the paper broker here, or on an account of the exchange.',
    ),
  feed: FeedGateParams.prefault({}),
  rules: RuleParams.prefault({}),
  blackouts: z.array(Blackout).default([]).describe('Windows in which nothing is entered, e.g. round news.'),
  risk: RiskParams.prefault({}),
  funding: FundingParams.prefault({}),
  liquidity: LiquidityParams.prefault({}),
  paper: PaperParams.prefault({}),
  broker: BrokerParams.prefault({}),
  memoryMs: ms(
    86_400_000,
    'A signal decided this long ago is forgotten; older ones that come are passed over, since they may have been decided.',
  ),
});
export type DeskParams = z.output<typeof DeskParams>;

/** What a desk is started with. */
export const DeskConfig = z.strictObject({
  venue: Venue.default('bybit').describe(
    'Where scalps are executed; snapshots of other venues are passed over.',
  ),
  books: z
    .array(DeskParams)
    .min(1)
    .refine(
      (books) => new Set(books.map(({ book }) => book)).size === books.length,
      'expected a different name for each book',
    )
    .refine(
      (books) => books.filter(({ execution }) => execution === 'broker').length <= 1,
      'expected at most one book with execution "broker": an account nets the positions of a symbol',
    )
    .prefault([{}]),
});
export type DeskConfig = z.output<typeof DeskConfig>;
