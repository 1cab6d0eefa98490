/** The backtest of bq/backtest as one would do it by hand: signals one after the other, bars one after the other. */
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { Signal } from './seeded-trades.ts';

export interface ModelBar {
  readonly symbol: string;
  readonly openTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

export interface ModelFunding {
  readonly symbol: string;
  readonly ts: number;
  readonly rate: number;
  readonly price: number;
}

export interface ModelParams {
  readonly takeProfit: number;
  readonly stopLoss: number;
  readonly timeoutMin: number;
  readonly lateMin: number;
  readonly cooldownMin: number;
  readonly entryDelayMs: number;
  readonly entrySlippage: number;
  readonly exitSlippage: number;
  readonly makerFee: number;
  readonly takerFee: number;
  readonly maintenanceMargin: number;
  readonly fundingRate: number | null;
}

export interface ModelTrade {
  readonly signal_id: string;
  readonly entry_ms: number;
  readonly entry_price: number;
  readonly exit_kind: string | null;
  readonly exit_ms: number;
  readonly exit_price: number | null;
  readonly funding_return: number | null;
  readonly is_funding_known: boolean;
  readonly net_return: number | null;
}

export type ModelSignal = Signal & { readonly leverage: number };

interface Market {
  readonly bars: readonly ModelBar[];
  readonly fundings: readonly ModelFunding[];
}

const FUNDING_EVERY_MS = 8 * 3_600_000;

export function modelTrades(
  signals: readonly ModelSignal[],
  market: Market,
  params: ModelParams,
): ModelTrade[] {
  const freeAt = new Map<string, number>();
  const trades: ModelTrade[] = [];
  const inOrder = signals.toSorted((a, b) => a.ts - b.ts || (a.id < b.id ? -1 : 1));
  for (const signal of inOrder) {
    if (signal.ts + params.entryDelayMs < (freeAt.get(signal.symbol) ?? 0)) continue;
    const trade = modelTrade(signal, market, params);
    freeAt.set(signal.symbol, trade.exit_ms + params.cooldownMin * MINUTE_MS);
    trades.push(trade);
  }
  return trades;
}

function modelTrade(signal: ModelSignal, market: Market, params: ModelParams): ModelTrade {
  const sign = signal.side === 'LONG' ? 1 : -1;
  const entry = signal.entry * (1 + sign * params.entrySlippage);
  const entryMs = signal.ts + params.entryDelayMs;
  const exit = modelExit(signal, entry, entryMs, market.bars, params);
  const { amount, unknown } = fundingOf(signal, entry, entryMs, exit.ms, market.fundings);
  const isKnown = unknown === 0;
  const assumed = params.fundingRate === null ? null : -unknown * sign * params.fundingRate;
  const fees = exit.price === null ? 0 : params.takerFee + (exit.fee * exit.price) / entry;
  return {
    signal_id: signal.id,
    entry_ms: entryMs,
    entry_price: entry,
    exit_kind: exit.kind,
    exit_ms: exit.ms,
    exit_price: exit.price,
    funding_return: isKnown ? amount : assumed === null ? null : amount + assumed,
    is_funding_known: isKnown,
    net_return:
      exit.price === null ? null : (sign * (exit.price - entry)) / entry - fees + amount + (assumed ?? 0),
  };
}

interface ModelExit {
  readonly kind: string | null;
  readonly ms: number;
  readonly price: number | null;
  readonly fee: number;
}

function modelExit(
  signal: ModelSignal,
  entry: number,
  entryMs: number,
  bars: readonly ModelBar[],
  params: ModelParams,
): ModelExit {
  const from = Math.ceil(entryMs / MINUTE_MS) * MINUTE_MS;
  const to = from + (params.timeoutMin + params.lateMin) * MINUTE_MS;
  const seen = bars.filter(
    (bar) => bar.symbol === signal.symbol && bar.openTime >= from && bar.openTime < to,
  );
  for (const bar of seen.toSorted((a, b) => a.openTime - b.openTime)) {
    const exit = exitIn(bar, signal, entry, entryMs, params);
    if (exit !== null) return exit;
  }
  return { kind: null, ms: entryMs + (params.timeoutMin + params.lateMin) * MINUTE_MS, price: null, fee: 0 };
}

/** How one bar ends the trade; null where it goes on. A SHORT is a LONG with all prices turned round. */
function exitIn(
  bar: ModelBar,
  signal: ModelSignal,
  entry: number,
  entryMs: number,
  params: ModelParams,
): ModelExit | null {
  const sign = signal.side === 'LONG' ? 1 : -1;
  const tp = params.takeProfit > 0 ? signal.entry * (1 + sign * params.takeProfit) : signal.tp;
  const sl = params.stopLoss > 0 ? signal.entry * (1 - sign * params.stopLoss) : signal.sl;
  const liquidation = entry * (1 - sign * (1 / signal.leverage - params.maintenanceMargin));
  const [worst, best] = sign === 1 ? [bar.low, bar.high] : [bar.high, bar.low];
  const slipped = (price: number) => price * (1 - sign * params.exitSlippage);
  const isLost = (price: number, level: number) => sign * price <= sign * level;
  const ms = bar.openTime + MINUTE_MS;
  const stop = slipped(isLost(bar.open, sl) ? bar.open : sl);
  if (isLost(worst, liquidation) || (isLost(worst, sl) && isLost(stop, liquidation))) {
    return { kind: 'LIQUIDATED', ms, price: entry * (1 - sign / signal.leverage), fee: params.takerFee };
  }
  if (isLost(worst, sl)) return { kind: 'SL', ms, price: stop, fee: params.takerFee };
  if (!isLost(best, tp)) return { kind: 'TP', ms, price: tp, fee: params.makerFee };
  const isOver = ms >= entryMs + params.timeoutMin * MINUTE_MS;
  return isOver ? { kind: 'TIMEOUT', ms, price: slipped(bar.close), fee: params.takerFee } : null;
}

function fundingOf(
  { symbol, side }: Signal,
  entry: number,
  fromMs: number,
  toMs: number,
  fundings: readonly ModelFunding[],
): { readonly amount: number; readonly unknown: number } {
  let [amount, unknown] = [0, 0];
  const first = Math.floor(fromMs / FUNDING_EVERY_MS) + 1;
  for (let due = first * FUNDING_EVERY_MS; due <= toMs; due += FUNDING_EVERY_MS) {
    const last = fundings
      .filter((seen) => seen.symbol === symbol && seen.ts < due && due - seen.ts <= 600_000)
      .toSorted((a, b) => b.ts - a.ts)[0];
    if (last === undefined) unknown += 1;
    else amount += ((side === 'LONG' ? -1 : 1) * last.rate * last.price) / entry;
  }
  return { amount, unknown };
}
