/** The live status of a running stack as a few lines of text. Pure: state in, lines out. */
import type { Candle } from '../schemas/candle.ts';
import { INTERVALS, type Interval } from '../schemas/primitives.ts';

export interface StackStatus {
  /** Where the trades come from, e.g. `simulated exchange, 60×`. */
  readonly source: string;
  readonly connected: boolean;
  readonly marketTimeMs: number;
  /** Since the start, of real time. Unit: ms. */
  readonly uptimeMs: number;
  readonly symbols: number;
  readonly trades: number;
  readonly tradesPerSecond: number;
  readonly reconnects: number;
  /** Market time less the graph's watermark. Unit: ms. Null before the first watermark. */
  readonly lagMs: number | null;
  /** Messages published and not yet acknowledged. */
  readonly backlog: number;
  readonly candles: Readonly<Record<Interval, number>>;
  readonly lastCandles: readonly Candle[];
  readonly signals: number;
  readonly deadLetters: number;
  /** What the person should know now, e.g. why there is no connection. */
  readonly notice: string | null;
}

const SHOWN_CANDLES = 5;

/** Lines fit into 100 columns. */
export function renderStatus(s: StackStatus): string {
  const feed = s.connected ? 'connected' : 'NOT CONNECTED';
  const lines = [
    `── ${s.source} · ${new Date(s.marketTimeMs).toISOString().slice(0, 19)}Z · up ${duration(s.uptimeMs)} ──`,
    `feed     ${feed} · ${s.symbols} symbols · ${count(s.trades)} trades · ${count(s.tradesPerSecond)}/s · ${s.reconnects} reconnects`,
    `graph    lag ${s.lagMs === null ? '–' : duration(s.lagMs)} of market time · ${count(s.backlog)} messages in flight`,
    `candles  ${INTERVALS.map((interval) => `${interval} ${count(s.candles[interval])}`).join(' · ')}`,
    ...s.lastCandles.slice(0, SHOWN_CANDLES).map(candleLine),
    `signals  ${count(s.signals)}    dead letters ${count(s.deadLetters)}`,
  ];
  if (s.notice) lines.push(`notice   ${s.notice}`);
  return lines.join('\n');
}

function candleLine(c: Candle): string {
  const time = new Date(c.openTime).toISOString().slice(11, 16);
  const change = ((c.close - c.open) / c.open) * 100;
  const sign = change >= 0 ? '▲' : '▼';
  const note = c.filled ? 'filled' : c.complete ? '' : `coverage ${Math.round(c.coverage * 100)} %`;
  return `         ${time} ${c.symbol.padEnd(10)} ${String(c.close).padStart(12)} ${sign}${Math.abs(change).toFixed(2).padStart(5)} % ${note}`.trimEnd();
}

function count(n: number): string {
  return Math.round(n).toLocaleString('en-US');
}

/** 850 ms, 4.2 s, 3 min 20 s, 2 h 5 min. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
