/** The REST endpoints of the simulated Kraken. Errors come with status 200, as Kraken's do. */
import { DAY_MS, MINUTE_MS } from '../../../../schemas/primitives.ts';
import { decimalText, priceText } from '../frames.ts';
import { klines } from '../klines.ts';
import type { Listing, ListingStatus } from '../listing.ts';
import type { Answer } from '../venue.ts';
import { quantityText, vwapText } from './frames.ts';
import { type KrakenInstrument, QUANTITY_PLACES } from './instruments.ts';
import type { KrakenTape, KrakenTrade } from './tape.ts';

interface RestPair {
  readonly instrument: KrakenInstrument;
  readonly listing: Listing;
  readonly tape: KrakenTape;
  readonly status: ListingStatus;
}

export interface KrakenRestSource {
  readonly pairs: readonly RestPair[];
  readonly system: 'online' | 'maintenance';
}

interface Now {
  readonly trueMs: number;
  /** The exchange's. */
  readonly ms: number;
}

const INTERVALS: readonly number[] = [1, 5, 15, 60, 240];
const MOST_BARS = 720;
const MOST_TRADES = 1_000;
/** `since` below this is in seconds, as old clients send it; above in ns. */
const LARGEST_SECONDS = 100_000_000_000n;

export async function answerKraken(source: KrakenRestSource, url: URL, now: Now): Promise<Answer> {
  const path = url.pathname.replace('/0/public/', '');
  if (path === 'Time') {
    return ok({ unixtime: Math.floor(now.ms / 1000), rfc1123: new Date(now.ms).toUTCString() });
  }
  if (path === 'SystemStatus')
    return ok({ status: source.system, timestamp: new Date(now.ms).toISOString() });
  if (source.system !== 'online') return refuse('EService:Unavailable');
  if (path === 'AssetPairs')
    return withPairs(source, url.searchParams, ({ instrument, status }) => assetPair(instrument, status));
  if (path === 'Ticker') return withPairs(source, url.searchParams, (pair) => ticker(pair, now));
  const pair = find(source, url.searchParams.get('pair') ?? '');
  if (path !== 'Trades' && path !== 'OHLC') return refuse('EGeneral:Unknown method');
  if (!pair) return refuse('EQuery:Unknown asset pair');
  return path === 'Trades' ? trades(pair, url.searchParams, now) : ohlc(pair, url.searchParams, now);
}

function find({ pairs }: KrakenRestSource, name: string): RestPair | undefined {
  const wanted = name.replace('/', '').replace(/^BTC/, 'XBT').replace(/^DOGE/, 'XDG');
  return pairs.find(({ instrument, status }) => instrument.restName === wanted && status !== 'closed');
}

/** All pairs, or those named. */
function withPairs(
  source: KrakenRestSource,
  query: URLSearchParams,
  tell: (pair: RestPair) => unknown,
): Answer {
  const names = query.get('pair')?.split(',');
  const pairs = names
    ? names.map((name) => find(source, name))
    : source.pairs.filter(({ status }) => status !== 'closed');
  if (pairs.some((pair) => pair === undefined)) return refuse('EQuery:Unknown asset pair');
  return ok(
    Object.fromEntries(pairs.flatMap((pair) => (pair ? [[pair.instrument.restName, tell(pair)]] : []))),
  );
}

function assetPair(instrument: KrakenInstrument, status: ListingStatus): unknown {
  const { restName, tick, priceDecimals } = instrument;
  const base = restName.slice(0, -'USDT'.length);
  return {
    altname: restName,
    wsname: `${base}/USDT`,
    aclass_base: 'currency',
    base,
    aclass_quote: 'currency',
    quote: 'USDT',
    lot: 'unit',
    pair_decimals: priceDecimals,
    lot_decimals: QUANTITY_PLACES,
    lot_multiplier: 1,
    ordermin: '0.0001',
    tick_size: tick.toFixed(priceDecimals),
    status: status === 'trading' ? 'online' : 'cancel_only',
  };
}

function ticker({ instrument, listing }: RestPair, { ms }: Now): unknown {
  const day = listing.day(ms);
  const last = listing.lastTicks(ms);
  const price = (ticks: number) => restPrice(instrument, ticks);
  const mean = vwapText(instrument, { ...listing.bar(Math.floor(ms / MINUTE_MS)), openTime: 0, ...day });
  const volume = quantityText(instrument, day.lots);
  return {
    a: [price(last + 1), '1', '1.000'],
    b: [price(last), '1', '1.000'],
    c: [price(last), volume],
    v: [volume, volume],
    p: [mean, mean],
    o: price(listing.lastTicks(ms - DAY_MS)),
  };
}

/** After `since`, oldest first; without it the newest. */
function trades({ instrument, tape }: RestPair, query: URLSearchParams, now: Now): Answer {
  const since = query.get('since');
  const count = Number(query.get('count') ?? MOST_TRADES);
  const isFine = Number.isInteger(count) && count >= 1 && count <= MOST_TRADES;
  if (!isFine || (since !== null && !/^\d{1,19}$/.test(since))) return refuse('EGeneral:Invalid arguments');
  const found =
    since === null
      ? tape.last(count, now.ms, now.trueMs)
      : tape.since(nsOf(BigInt(since)), count, now.ms, now.trueMs);
  const last = found.at(-1)?.ns ?? (since === null ? BigInt(now.ms) * 1_000_000n : nsOf(BigInt(since)));
  return ok({ [instrument.restName]: found.map((trade) => tradeRow(instrument, trade)), last: String(last) });
}

function nsOf(since: bigint): bigint {
  return since < LARGEST_SECONDS ? since * 1_000_000_000n : since;
}

function tradeRow(instrument: KrakenInstrument, trade: KrakenTrade): unknown[] {
  return [
    restPrice(instrument, trade.ticks),
    quantityText(instrument, trade.lots),
    Number(
      `${trade.ns / 1_000_000_000n}.${String(trade.ns % 1_000_000_000n)
        .padStart(9, '0')
        .slice(0, 7)}`,
    ),
    trade.isBuy ? 'b' : 's',
    trade.lots % 2 === 0 ? 'm' : 'l',
    '',
    trade.tradeId,
  ];
}

/** REST writes prices of trades with five places at least. */
function restPrice(instrument: KrakenInstrument, ticks: number): string {
  const text = priceText(instrument, ticks);
  return text + '0'.repeat(Math.max(0, 5 - instrument.priceDecimals));
}

/** The last 720 bars, silent minutes too; the newest is not closed. */
async function ohlc({ instrument, listing }: RestPair, query: URLSearchParams, now: Now): Promise<Answer> {
  const minutes = Number(query.get('interval') ?? 1);
  const since = Number(query.get('since') ?? 0);
  if (!INTERVALS.includes(minutes) || !Number.isFinite(since)) return refuse('EGeneral:Invalid arguments');
  const length = minutes * MINUTE_MS;
  const newest = Math.floor(now.ms / length) * length;
  const first = Math.max(newest - (MOST_BARS - 1) * length, since * 1_000 + 1);
  const bars = await klines(listing, minutes, first, newest, now.ms);
  const rows = bars.map((bar) => [
    bar.openTime / 1_000,
    ...[bar.open, bar.high, bar.low, bar.close].map((ticks) => priceText(instrument, ticks)),
    bar.lots === 0 ? '0.0' : vwapText(instrument, bar),
    bar.lots === 0 ? decimalText(0, QUANTITY_PLACES) : quantityText(instrument, bar.lots),
    bar.trades,
  ]);
  return ok({ [instrument.restName]: rows, last: (newest - length) / 1_000 });
}

function ok(result: unknown): Answer {
  return { status: 200, body: { error: [], result } };
}

function refuse(error: string): Answer {
  return { status: 200, body: { error: [error] } };
}
