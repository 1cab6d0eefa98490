/** An alert as a trader reads it: Telegram's HTML on top, the machine's JSON below. */
import { z } from 'zod';
import { escapeHtml, plainText } from '../../connectors/messenger/html.ts';
import type { MacroBias, SwingSignal } from '../../schemas/macro.ts';
import { MacroBias as MacroBiasSchema, SwingSignal as SwingSignalSchema } from '../../schemas/macro.ts';
import { endPrice, type PositionEvent } from '../../schemas/position-event.ts';
import { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { moneyText, moveText, numberText } from '../texts.ts';
import { DEFAULT_BOOK, type Thread } from './thread.ts';

export interface Moment {
  /** When the alert left, or leaves. Unit: ms. */
  readonly sentAt: number;
  /** Time of the event it tells of. Unit: ms. */
  readonly at: number;
  readonly lateAfterMs: number;
}

/** Telegram's limit, less what the tags of the JSON may count. */
const MAX_CHARACTERS = 4_000;
const LEVELS_SHOWN = 3;
/** Of a text that others made. */
const SENTENCE = 400;

export function renderAlert(thread: Thread, moment: Moment): string {
  const text = [...head(thread), ...stories(thread), ...freshness(thread, moment)].join('\n');
  const left = MAX_CHARACTERS - plainText(text).length;
  const json = jsonOf(thread).find((candidate) => candidate.length <= left);
  return json === undefined
    ? text
    : `${text}\n<pre><code class="language-json">${escapeHtml(json)}</code></pre>`;
}

/** The answer to an alert, for those who want to hear of its end. */
export function renderExit(thread: Thread): string {
  return Object.entries(thread.stories)
    .flatMap(([book, { entry, exit }]) => (exit ? [exitLine(book, exit, entry)] : []))
    .join('\n');
}

function head(thread: Thread): string[] {
  if (thread.scalp) return scalpLines(thread.scalp);
  if (thread.swing) return swingLines(thread.swing);
  if (thread.bias) return biasLines(thread.bias);
  const event = Object.values(thread.stories).flatMap(
    (story) => story.entry ?? story.refusal ?? story.exit ?? [],
  )[0];
  return event ? [title(event.side, event.pair, 'SCALP'), ...targets(event.price, event.tp, event.sl)] : [];
}

function scalpLines(signal: ScalpSignal): string[] {
  const { side, pair, strategy, variant, entry, tp, sl, support, resistance, trend, leverage } = signal;
  const checks = Object.entries(signal.exhaustion_checks).flatMap(([name, holds]) => (holds ? [name] : []));
  return [
    title(side, pair, `SCALP · ${strategy}${variant === 'default' ? '' : ` · ${variant}`}`),
    ...targets(entry, tp, sl),
    ...levels('Resistance', resistance),
    ...levels('Support', support),
    trend === null
      ? 'Trend ranging'
      : `Trend ${trend.slope >= 0 ? '↗' : '↘'} ${moveText(trend.slope / entry)}/h, R² ${trend.r2.toFixed(2)}`,
    `Confidence <b>${Math.round(signal.confidence * 100)} %</b> · ${numberText(leverage)}×`,
    ...(checks.length > 0 ? [`Exhaustion: ${escapeHtml(checks.join(', '))}`] : []),
    `<i>${sentence(signal.signal_reason)}</i>`,
    `Valid until ${clock(signal.expires_at)}`,
  ];
}

function swingLines({
  side,
  pair,
  entry,
  tp,
  sl,
  confidence,
  expires_at,
  signal_reason,
}: SwingSignal): string[] {
  const weight = side === 'LONG' ? confidence.long : confidence.short;
  return [
    title(side, pair, 'SWING'),
    ...targets(entry, tp, sl),
    `Confidence <b>${Math.round(weight)} of 100</b>`,
    `<i>${sentence(signal_reason)}</i>`,
    `Valid until ${clock(expires_at)}`,
  ];
}

function biasLines({ pair, bias, confidence, reasons, expires_at }: MacroBias): string[] {
  return [
    `🧭 <b>${escapeHtml(pair)}</b> bias ${bias ?? 'lifted'}`,
    `Long ${Math.round(confidence.long)}, short ${Math.round(confidence.short)} of 100`,
    ...reasons.slice(0, LEVELS_SHOWN).map((reason) => `<i>${sentence(reason)}</i>`),
    `Valid until ${clock(expires_at)}`,
  ];
}

function title(side: 'LONG' | 'SHORT', pair: string, what: string): string {
  return `${side === 'LONG' ? '🟢' : '🔴'} <b>${side} ${escapeHtml(pair)}</b> · ${escapeHtml(what)}`;
}

function targets(entry: number | null, tp?: number | null, sl?: number | null): string[] {
  const line = (name: string, price: number | null | undefined) => {
    if (price === null || price === undefined) return [];
    const move = entry === null || price === entry ? '' : ` (${moveText(price / entry - 1)})`;
    return [`${name} <code>${numberText(price)}</code>${move}`];
  };
  return [...line('Entry', entry), ...line('TP', tp), ...line('SL', sl)];
}

function levels(name: string, prices: readonly number[]): string[] {
  if (prices.length === 0) return [];
  const shown = prices.slice(0, LEVELS_SHOWN).map((price) => `<code>${numberText(price)}</code>`);
  return [`${name} ${shown.join(' · ')}`];
}

function stories({ stories: byBook }: Thread): string[] {
  return Object.entries(byBook).flatMap(([book, { entry, refusal, exit }]) => [
    ...(entry ? [entryLine(book, entry)] : []),
    ...(refusal && !entry ? [refusalLine(book, refusal)] : []),
    ...(exit ? [exitLine(book, exit, entry)] : []),
  ]);
}

function entryLine(book: string, { price, size, leverage, halved, ts }: PositionEvent): string {
  const fill = price === null ? '' : ` at <code>${numberText(price)}</code>`;
  const much = size === null ? '' : `, ${numberText(size)}${leverage ? ` × ${numberText(leverage)}` : ''}`;
  return `▶️ ${prefix(book)}Entered${fill}${much}${halved ? ', half size' : ''} · ${clock(ts)}`;
}

function refusalLine(book: string, { refusal, reason }: PositionEvent): string {
  return `⏸ ${prefix(book)}Not entered: <b>${refusal}</b> ${sentence(reason)}`;
}

function exitLine(book: string, exit: PositionEvent, entry: PositionEvent | undefined): string {
  const { exit: how, pnl, ts } = exit;
  const { to, turn } = wayOf(exit, entry);
  const result = pnl ?? turn;
  const mark = result === null ? '⏹' : result >= 0 ? '✅' : '❌';
  const at = to === null ? '' : ` at <code>${numberText(to)}</code>`;
  const by = turn === null ? '' : ` (${moveText(turn)})`;
  return `${mark} ${prefix(book)}<b>${how ?? 'CLOSED'}</b>${at}${by}${netText(exit)} · ${clock(ts)}`;
}

/** To which price it went, and how far in its favour. A swing has no entry: its numbers tell. */
function wayOf(exit: PositionEvent, entry: PositionEvent | undefined) {
  const { price, side, numbers } = exit;
  const to = endPrice(exit);
  const from = entry?.price ?? (price === null ? numbers?.entry : null);
  const turn = from && to ? (to / from - 1) * (side === 'LONG' ? 1 : -1) : null;
  return { to, turn };
}

function netText({ pnl, funding, fundingKnown }: PositionEvent): string {
  if (pnl === null) return '';
  const isUnknown = fundingKnown === false || (funding === null && fundingKnown !== true);
  return `, net <b>${moneyText(pnl)}</b>${isUnknown ? ', funding unknown' : ''}`;
}

function prefix(book: string): string {
  return book === DEFAULT_BOOK ? '' : `[${escapeHtml(book)}] `;
}

/** An alert that comes late says so, and one that is void says that first of all. */
function freshness(thread: Thread, { sentAt, at, lateAfterMs }: Moment): string[] {
  const lateMs = sentAt - at;
  if (lateMs < lateAfterMs) return [];
  const expires = (thread.scalp ?? thread.swing ?? thread.bias)?.expires_at;
  const isVoid = expires !== undefined && expires <= sentAt;
  return [`⏰ <b>Late by ${span(lateMs)}</b>${isVoid ? ': no longer valid' : ''}`];
}

/** The fullest first. */
function jsonOf(thread: Thread): string[] {
  const [signal] = [
    thread.scalp && z.encode(ScalpSignal, thread.scalp),
    thread.swing && z.encode(SwingSignalSchema, thread.swing),
    thread.bias && z.encode(MacroBiasSchema, thread.bias),
  ].filter((each) => each !== undefined);
  if (signal === undefined) return [];
  const { entry_conditions_met: _, ...short } = signal as Partial<z.input<typeof ScalpSignal>>;
  return [JSON.stringify(signal, null, 1), JSON.stringify(signal), JSON.stringify(short)];
}

/** Escaped, and cut where it is no sentence any more. */
function sentence(text: string): string {
  return escapeHtml(text.length > SENTENCE ? `${text.slice(0, SENTENCE)}…` : text);
}

/** UTC; the date only matters to the machine, which has it in the JSON. */
function clock(ms: number): string {
  return `${new Date(ms).toISOString().slice(11, 19)} UTC`;
}

function span(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
