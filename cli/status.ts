/** The live status of a running stack as a few lines of text. Pure: state in, lines out. */
import { z } from 'zod';
import { moneyText } from '../functions/texts.ts';
import { Book, Swing } from '../functions/trade-desk/state.ts';
import { Candle } from '../schemas/candle.ts';
import { INTERVALS, PositionSide, pairOf } from '../schemas/primitives.ts';
import { amount, decimal, duration, move } from './figures.ts';

const Count = z.number().nonnegative();

export const StackStatus = z.object({
  /** Where the trades come from, e.g. `simulated exchange, 60×`. */
  source: z.string(),
  connected: z.boolean(),
  marketTimeMs: z.number(),
  /** Since the start, of real time. Unit: ms. */
  uptimeMs: z.number(),
  symbols: Count,
  trades: Count,
  tradesPerSecond: Count,
  reconnects: Count,
  /** Market time less the graph's watermark. Unit: ms. Null before the first watermark. */
  lagMs: Count.nullable(),
  /** Messages published and not yet acknowledged. */
  backlog: Count,
  candles: z.record(z.enum(INTERVALS), Count),
  lastCandles: z.array(Candle).readonly(),
  signals: Count,
  deadLetters: Count,
  /** Of the desk. */
  books: z.array(Book).readonly(),
  /** SWING positions that are open. */
  swings: z.array(Swing).readonly(),
  /** Scalps not entered, by reason. */
  refusals: z.record(z.string(), Count),
  biases: z.record(z.string(), PositionSide.nullable()),
  alerts: z.object({ sent: Count, waiting: Count, charts: Count }),
  /** What the person should know now, e.g. why there is no connection. */
  notice: z.string().nullable(),
});
export type StackStatus = z.output<typeof StackStatus>;

const SHOWN_CANDLES = 3;
const SHOWN_REFUSALS = 3;

/** Lines fit into 100 columns. */
export function renderStatus(s: StackStatus): string {
  const feed = s.connected ? 'connected' : 'NOT CONNECTED';
  const lines = [
    `── ${s.source} · ${new Date(s.marketTimeMs).toISOString().slice(0, 19)}Z · up ${duration(s.uptimeMs)} ──`,
    `feed     ${feed} · ${s.symbols} symbols · ${count(s.trades)} trades · ${count(s.tradesPerSecond)}/s · ${s.reconnects} reconnects`,
    `graph    ${lagText(s.lagMs)} · ${count(s.backlog)} messages in flight`,
    `candles  ${INTERVALS.map((interval) => `${interval} ${count(s.candles[interval])}`).join(' · ')}`,
    ...s.lastCandles.slice(0, SHOWN_CANDLES).map(candleLine),
    `signals  ${count(s.signals)} · ${count(s.deadLetters)} dead letters · refused ${refusalsText(s.refusals)}`,
    `macro    ${biasesText(s.biases)}`,
    ...s.swings.map((swing) => swingLine(swing, s)),
    ...s.books.flatMap((book) => bookLines(book, s)),
    `alerts   ${count(s.alerts.sent)} sent · ${count(s.alerts.waiting)} waiting · ${count(s.alerts.charts)} charts`,
  ];
  if (s.notice) lines.push(`notice   ${s.notice}`);
  return lines.join('\n');
}

/** Before the first watermark it reads the past, and a simulated market stands still. */
function lagText(lagMs: number | null): string {
  return lagMs === null ? 'warming up' : `lag ${duration(lagMs)} of market time`;
}

function candleLine(c: Candle): string {
  const time = new Date(c.openTime).toISOString().slice(11, 16);
  const change = ((c.close - c.open) / c.open) * 100;
  const sign = change >= 0 ? '▲' : '▼';
  const note = c.filled ? 'filled' : c.complete ? '' : `coverage ${Math.round(c.coverage * 100)} %`;
  return `         ${time} ${c.symbol.padEnd(10)} ${String(c.close).padStart(12)} ${sign}${Math.abs(change).toFixed(2).padStart(5)} % ${note}`.trimEnd();
}

/** The most frequent reasons. */
function refusalsText(refusals: StackStatus['refusals']): string {
  const all = Object.entries(refusals).sort(([, a], [, b]) => b - a);
  const sum = all.reduce((total, [, n]) => total + n, 0);
  if (sum === 0) return '0';
  const shown = all.slice(0, SHOWN_REFUSALS).map(([reason, n]) => `${reason} ${count(n)}`);
  return `${count(sum)} (${shown.join(', ')}${all.length > shown.length ? ', …' : ''})`;
}

function biasesText(biases: StackStatus['biases']): string {
  const pairs = (side: 'LONG' | 'SHORT') =>
    Object.keys(biases)
      .filter((pair) => biases[pair] === side)
      .map((pair) => pair.replace(/USDT$/, ''));
  const sides = (['LONG', 'SHORT'] as const).flatMap((side) =>
    pairs(side).length > 0 ? [`${side} ${pairs(side).join(' ')}`] : [],
  );
  return sides.length > 0 ? sides.join(' · ') : 'no bias';
}

function bookLines({ book, equity, day, positions }: Book, { lastCandles }: StackStatus): string[] {
  const share = day.equity > 0 ? ` (${move(day.equity, day.equity + day.realised)})` : '';
  const state = day.halted ? ' · HALTED' : '';
  return [
    `book     ${book} ${amount(equity)} · today ${moneyText(day.realised)}${share} · ${day.entries} entered · ${positions.length} open${state}`,
    ...positions.map((position) => {
      const last = lastCandles.find((candle) => candle.symbol === position.symbol)?.close;
      return `         ${standing(position, last, position.status === 'WORKING' ? 'resting' : undefined)}`;
    }),
  ];
}

function swingLine({ signal, until }: Swing, { lastCandles }: StackStatus): string {
  const last = lastCandles.find(({ symbol }) => pairOf(symbol) === signal.pair)?.close;
  return `swing    ${standing(signal, last)} · until ${new Date(until).toISOString().slice(5, 16)}`;
}

type Idea = Pick<Swing['signal'], 'side' | 'pair' | 'entry' | 'tp' | 'sl'>;

/** @param what In place of what was gained. */
function standing({ side, pair, entry, tp, sl }: Idea, last: number | undefined, what?: string): string {
  const toward = side === 'LONG' ? 100 : -100;
  const gain = last === undefined ? '' : `${moneyText(toward * (last / entry - 1))} %`;
  return `${side.padEnd(5)} ${pair.padEnd(10)} ${decimal(entry)} → ${decimal(last)} ${what ?? gain} · TP ${decimal(tp)} · SL ${decimal(sl)}`;
}

function count(n: number): string {
  return Math.round(n).toLocaleString('en-US');
}
