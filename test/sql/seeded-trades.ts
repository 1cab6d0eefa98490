/** A plain desk over the seeded signals: one position a pair, a cooldown, a bias it obeys. */
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { type Bar, iso, type Row } from './seeded-market.ts';

const COOLDOWN_MS = 15 * MINUTE_MS;
const TIMEOUT_MS = 60 * MINUTE_MS;
const FUNDING = Date.UTC(2025, 5, 1, 8);

export interface Signal {
  readonly id: string;
  readonly strategy: string;
  readonly symbol: string;
  readonly side: 'LONG' | 'SHORT';
  readonly entry: number;
  readonly tp: number;
  readonly sl: number;
  readonly ts: number;
}

type BiasAt = (pair: string, ts: number) => string | null;

/** Its decisions, entries and exits, of the signals of one symbol. */
export function deskOf(signals: readonly Signal[], bars: readonly Bar[], biasAt: BiasAt): Row[] {
  const events: Row[] = [];
  let freeAt = 0;
  let equity = 10_000;
  for (const signal of signals) {
    const bias = biasAt(signal.symbol, signal.ts);
    const isAgainst = bias !== null && bias !== signal.side;
    const refusal = isAgainst ? 'MACRO_BIAS' : signal.ts < freeAt ? 'COOLDOWN' : null;
    events.push(eventRow(signal, 'DECISION', signal.ts + 40, { refusal }));
    if (refusal !== null) continue;
    const end = exitOf(signal, bars);
    const { entry, exit } = tradeOf(signal, end, equity);
    events.push(eventRow(signal, 'ENTRY', signal.ts + 90, entry));
    freeAt = (end?.ts ?? Number.POSITIVE_INFINITY) + COOLDOWN_MS + MINUTE_MS;
    if (end === null) continue;
    equity = exit.equity;
    events.push(eventRow(signal, 'EXIT', end.ts, exit));
  }
  return events;
}

function exitOf({ side, tp, sl, ts }: Signal, bars: readonly Bar[]) {
  const sign = side === 'LONG' ? 1 : -1;
  for (const bar of bars.filter(({ openTime }) => openTime >= ts)) {
    const [worst, best] = side === 'LONG' ? [bar.low, bar.high] : [bar.high, bar.low];
    const at = bar.openTime + MINUTE_MS;
    if (sign * (worst - sl) <= 0) return { exit: 'SL', price: sl * (1 - sign * 0.0005), ts: at };
    if (sign * (best - tp) >= 0) return { exit: 'TP', price: tp, ts: at };
    if (at >= ts + TIMEOUT_MS) return { exit: 'TIMEOUT', price: bar.close, ts: at };
  }
  return null;
}

function tradeOf(signal: Signal, end: ReturnType<typeof exitOf>, equity: number) {
  const sign = signal.side === 'LONG' ? 1 : -1;
  const price = signal.entry * (1 + sign * 0.0002);
  const size = 1_000 / price;
  const entryFee = price * size * 0.0006;
  const exitPrice = end?.price ?? price;
  const fees = entryFee + exitPrice * size * 0.0006;
  const isDue = end !== null && signal.ts + 90 < FUNDING && end.ts >= FUNDING;
  const fundingKnown = !isDue || signal.symbol === 'BTCUSDT';
  const funding = fundingKnown ? (isDue ? -sign * size * price * 0.0001 : 0) : null;
  const pnl = sign * (exitPrice - price) * size - fees + (funding ?? 0);
  const entry = { price, size, fees: entryFee, liquidity: 'TAKER', slippage: 0.0002, halved: false, equity };
  const liquidity = end?.exit === 'TP' ? 'MAKER' : 'TAKER';
  const more = { fees, funding, pnl, fundingKnown, liquidity, slippage: end?.exit === 'SL' ? 0.0005 : 0 };
  return {
    entry,
    exit: { price: exitPrice, size, exit: end?.exit, ...more, halved: false, equity: equity + pnl },
  };
}

function eventRow(signal: Signal, kind: string, ts: number, more: Row): Row {
  const { id, symbol, side, tp, sl } = signal;
  const nothing = {
    price: null,
    size: null,
    exit: null,
    fees: null,
    funding: null,
    pnl: null,
    liquidity: null,
  };
  return {
    id: `${id}:default:${kind}`,
    kind,
    signalId: id,
    pair: symbol,
    side,
    ts: iso(ts),
    ...nothing,
    refusal: null,
    slippage: null,
    fundingKnown: null,
    halved: null,
    reason: 'So.',
    book: 'default',
    leverage: 10,
    tp,
    sl,
    equity: 10_000,
    numbers: { a: 1 },
    params_hash: 'p',
    ...more,
  };
}
