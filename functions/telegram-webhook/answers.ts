/** Answers to commands: what the state store holds, as short HTML. */
import { escapeHtml } from '../../connectors/messenger/html.ts';
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';
import { DAY_MS, floorTo, pairOf } from '../../schemas/primitives.ts';
import type { PauseFlag } from '../../schemas/state-rows.ts';
import { type ClosedTrade, closedTrades } from '../../transforms/performance/closed-trade.ts';
import { type Figures, figuresBy, figuresOf } from '../../transforms/performance/figures.ts';
import { moneyText, moveText, numberText, timeText } from '../texts.ts';
import type { Book, Position, Swing } from '../trade-desk/state.ts';

/** What is so when a command comes. */
export interface Present {
  readonly now: number;
  readonly books: readonly Book[];
  /** Those that are open. */
  readonly swings: readonly Swing[];
  readonly snapshots: readonly BookSnapshot[];
  readonly pauses: readonly PauseFlag[];
}

/** What was, as far back as the state store remembers. */
export interface Past {
  readonly now: number;
  readonly events: readonly PositionEvent[];
}

/** A snapshot comes each second; one older than this says that nobody publishes. Unit: ms. */
const STALE_MS = 15_000;
const DAYS = 7;
const MAX_DAYS = 30;

export const HELP = [
  '/status – books, pauses, feeds in short',
  '/positions – what is open, and how it stands',
  '/profit – net result of the last 30 days',
  '/daily [days] – the same by day, UTC',
  '/performance – the same by pair',
  '/stats – by kind of exit, and why signals were refused today',
  '/pause [PAIR] [reason] – no new entries; what is open runs on to its TP or SL',
  '/resume [PAIR]',
  '/health – feeds, symbol by symbol',
  '/chart PAIR – the market as it is',
].join('\n');

export function statusText({ books, pauses, snapshots, now }: Present): string {
  const lines = books.map(({ book, equity, positions, day, paused, killed }) => {
    const isToday = day.start === midnight(now);
    const flags = [paused.on && 'paused', killed.on && 'KILLED', isToday && day.halted && 'halted for today'];
    const marks = flags.filter(Boolean).join(', ');
    const [entries, realised] = isToday ? [day.entries, day.realised] : [0, 0];
    return `<b>${escapeHtml(book)}</b>: equity ${money(equity)}, today ${moneyText(realised)} in ${entries} entries, ${positions.length} open${marks && ` · <b>${marks}</b>`}`;
  });
  const troubled = snapshots.filter((snapshot) => !isHealthy(snapshot, now)).length;
  return [
    ...(lines.length > 0 ? lines : ['The desk has decided nothing yet.']),
    ...pauses.filter(({ paused }) => paused).map(pauseLine),
    `${snapshots.length - troubled} of ${snapshots.length} feeds healthy${troubled > 0 ? ' – see /health' : ''}`,
  ].join('\n');
}

export function positionsText({ books, swings, snapshots, now }: Present): string {
  const lines = [
    ...books.flatMap(({ book, positions }) =>
      positions.map((position) => positionLines(book, position, snapshots, now)),
    ),
    ...swings.map((swing) => swingLines(swing, snapshots, now)),
  ];
  return lines.length > 0 ? lines.join('\n') : 'Nothing is open.';
}

function positionLines(
  book: string,
  { pair, side, status, entry, size, tp, sl, since, symbol, venue }: Position,
  snapshots: Present['snapshots'],
  now: number,
): string {
  const name = nameOf(side, pair, book);
  if (status === 'WORKING') return `${name} waits at ${numberText(entry)} for ${span(now - since)}`;
  const seen = snapshots.find((each) => each.symbol === symbol && each.venue === venue);
  const turn = turnOf(side, entry, seen);
  const stands =
    turn === null ? 'price unknown' : `${moveText(turn)} (${moneyText(turn * entry * size)} before fees)`;
  return `${name} ${stands}\n  ${numberText(size)} at ${numberText(entry)}, TP ${numberText(tp)}, SL ${numberText(sl)}, since ${span(now - since)}`;
}

/** An idea that nothing was bought for: it has no size. */
function swingLines({ signal, until }: Swing, snapshots: Present['snapshots'], now: number): string {
  const { pair, side, entry, tp, sl, timestamp } = signal;
  const turn = turnOf(
    side,
    entry,
    snapshots.find(({ symbol }) => pairOf(symbol) === pair),
  );
  const stands = turn === null ? 'price unknown' : moveText(turn);
  return `${nameOf(side, pair, 'SWING')} ${stands}\n  at ${numberText(entry)}, TP ${numberText(tp)}, SL ${numberText(sl)}, since ${span(now - timestamp)}, ends in ${span(until - now)}`;
}

function nameOf(side: Position['side'], pair: string, what: string): string {
  return `${side === 'LONG' ? '🟢' : '🔴'} <b>${side} ${escapeHtml(pair)}</b> [${escapeHtml(what)}]`;
}

/** How far the price went in its favour. Unit: share of the entry. */
function turnOf(side: Position['side'], entry: number, seen: BookSnapshot | undefined): number | null {
  const last = seen?.lastPrice ?? null;
  return last === null ? null : (last / entry - 1) * (side === 'LONG' ? 1 : -1);
}

export function profitText({ events, now }: Past): string {
  const closed = closedTrades(events);
  if (closed.length === 0) return 'No trade has ended in the last 30 days.';
  const today = closed.filter(({ closedAt }) => closedAt >= midnight(now));
  return `<b>30 days</b> ${resultText(closed)}\n<b>Today</b> ${resultText(today)}`;
}

export function dailyText({ events, now }: Past, wanted: string | undefined): string {
  const days = Math.min(MAX_DAYS, Math.max(1, Math.trunc(Number(wanted ?? DAYS)) || DAYS));
  const closed = closedTrades(events);
  const lines = Array.from({ length: days }, (_, ago) => {
    const from = midnight(now) - ago * DAY_MS;
    const ofDay = closed.filter(({ closedAt }) => floorTo(closedAt, DAY_MS) === from);
    return `${new Date(from).toISOString().slice(0, 10)} ${moneyText(figuresOf(netsOf(ofDay)).net).padStart(10)} ${String(ofDay.length).padStart(3)}`;
  });
  return `<pre>day               net   n\n${lines.join('\n')}</pre>`;
}

export function performanceText({ events }: Past): string {
  const pairs = figuresBy(closedTrades(events), ({ pair }) => pair);
  if (pairs.length === 0) return 'No trade has ended in the last 30 days.';
  return pairs.map(([pair, figures]) => `<b>${escapeHtml(pair)}</b> ${figuresText(figures)}`).join('\n');
}

export function statsText({ events, now }: Past): string {
  const exits = figuresBy(closedTrades(events), ({ exit }) => exit).map(
    ([exit, figures]) => `${exit}: ${figuresText(figures)}`,
  );
  const refused = events.filter(({ refusal, ts }) => refusal !== null && ts >= midnight(now));
  const reasons = [...Map.groupBy(refused, ({ refusal }) => refusal!)].sort(
    (a, b) => b[1].length - a[1].length,
  );
  return [
    ...(exits.length > 0 ? exits : ['No trade has ended in the last 30 days.']),
    `<b>Refused today</b> ${reasons.map(([reason, all]) => `${reason} ${all.length}`).join(', ') || 'none'}`,
  ].join('\n');
}

export function healthText({ snapshots, now }: Present): string {
  if (snapshots.length === 0) return '❌ No feed has published anything. Is the relay running?';
  const lines = snapshots
    .toSorted((a, b) => Number(isHealthy(a, now)) - Number(isHealthy(b, now)))
    .map((snapshot) => {
      const { venue, symbol, connected, lastTradeTs, desyncMs, ts } = snapshot;
      const trade = lastTradeTs === null ? 'no trade yet' : `last trade ${span(now - lastTradeTs)} ago`;
      const what = [
        now - ts > STALE_MS && `nothing published for ${span(now - ts)}`,
        !connected && 'not connected',
        desyncMs > 0 && `book out of sync for ${span(desyncMs)}`,
      ].filter(Boolean);
      const mark = isHealthy(snapshot, now) ? '✅' : '❌';
      return `${mark} ${venue} ${escapeHtml(pairOf(symbol))}: ${[...what, trade].join(', ')}`;
    });
  return lines.join('\n');
}

function isHealthy({ connected, ts, desyncMs }: BookSnapshot, now: number): boolean {
  return connected && desyncMs === 0 && now - ts <= STALE_MS;
}

export function pauseLine({ scope, setAt, setBy, reason }: PauseFlag): string {
  const what = scope === 'all' ? 'Entries' : `Entries in ${escapeHtml(scope)}`;
  const why = reason === '' ? '' : `: ${escapeHtml(reason)}`;
  return `⏸ ${what} paused by ${escapeHtml(setBy)} at ${timeText(setAt)}${why}`;
}

function resultText(closed: readonly ClosedTrade[]): string {
  return figuresText(figuresOf(netsOf(closed)));
}

function netsOf(closed: readonly ClosedTrade[]): number[] {
  return closed.map(({ net }) => net);
}

/** UTC. Unit: ms. */
function midnight(now: number): number {
  return floorTo(now, DAY_MS);
}

function figuresText({ trades, wins, net, profitFactor, averageWin, averageLoss }: Figures): string {
  if (trades === 0) return 'no trades';
  const rate = `${Math.round((100 * wins) / trades)} % won`;
  const averages = [averageWin, averageLoss]
    .map((value) => (value === null ? '–' : moneyText(value)))
    .join(' / ');
  return `${moneyText(net)} in ${trades}, ${rate}, average ${averages}, factor ${profitFactor?.toFixed(2) ?? '–'}`;
}

function money(value: number): string {
  return value.toFixed(2);
}

function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
