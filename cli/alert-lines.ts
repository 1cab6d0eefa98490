/** What happens, as lines a person reads in a terminal: entries, exits, biases, swings, charts. Pure. */

import { moneyText } from '../functions/texts.ts';
import type { MacroBias, SwingSignal } from '../schemas/macro.ts';
import { endPrice, type PositionEvent } from '../schemas/position-event.ts';
import type { ScalpSignal } from '../schemas/scalp-signal.ts';
import { amount, decimal, duration, move } from './figures.ts';

export interface AlertLine {
  readonly tone: 'good' | 'bad' | 'plain';
  readonly text: string;
}

/** Below the time and the mark of the line before. */
export const INDENT = '           ';
const DEFAULT_BOOK = 'default';

/** @param signal What it was decided on, where it is known. */
export function entryLines(entry: PositionEvent, signal: ScalpSignal | undefined): AlertLine[] {
  const { pair, side, price, tp, sl, size, leverage, halved, ts } = entry;
  const much = [`${decimal(size)} × ${decimal(leverage)}`, ...(halved ? ['half size'] : [])].join(', ');
  const to = (target: number | null | undefined) => `${decimal(target)} ${move(price, target)}`;
  const text = `${clock(ts)} ▶ ENTRY ${side} ${pair} at ${decimal(price)}, ${much}${inBook(entry)}`;
  const why = signal === undefined ? [] : [`${INDENT}${signal.signal_reason}`];
  return [text, `${INDENT}TP ${to(tp)}   SL ${to(sl)}`, ...why].map((line) => ({
    tone: 'plain',
    text: line,
  }));
}

/** @param entry Of the same position, where it is known. */
export function exitLine(exit: PositionEvent, entry: PositionEvent | undefined): AlertLine {
  const { pair, side, price, pnl, ts, equity, fundingKnown } = exit;
  const mark = pnl === null ? '■' : pnl >= 0 ? '✔' : '✘';
  const held = entry === undefined ? '' : `, held ${duration(ts - entry.ts)}`;
  const turn = entry === undefined ? '' : ` ${move(entry.price, price)}`;
  const money = pnl === null ? '' : `: ${moneyText(pnl)} net${equity ? `, equity ${amount(equity)}` : ''}`;
  const unknown = fundingKnown === false ? ', funding unknown' : '';
  return {
    tone: pnl === null ? 'plain' : pnl >= 0 ? 'good' : 'bad',
    text: `${clock(ts)} ${mark} ${exit.exit} ${side} ${pair} at ${decimal(price)}${turn}${money}${unknown}${held}${inBook(exit)}`,
  };
}

/** Null where the bias is what it was. */
export function biasLine(bias: MacroBias, before: MacroBias['bias']): AlertLine | null {
  if (bias.bias === before) return null;
  const { long, short } = bias.confidence;
  const what =
    bias.bias === null
      ? `no bias any more (was ${before})`
      : `bias ${bias.bias} until ${clock(bias.expires_at)}: no scalps against it`;
  return {
    tone: 'plain',
    text: `${clock(bias.timestamp)} ◆ MACRO ${bias.pair} ${what} (long ${Math.round(long)}, short ${Math.round(short)})`,
  };
}

export function swingLine({ side, pair, entry, tp, sl, timestamp, expires_at }: SwingSignal): AlertLine {
  const targets = `TP ${decimal(tp)} ${move(entry, tp)}, SL ${decimal(sl)} ${move(entry, sl)}`;
  return {
    tone: 'plain',
    text: `${clock(timestamp)} ◆ SWING ${side} ${pair} at ${decimal(entry)}: ${targets}, until ${clock(expires_at)}`,
  };
}

/** Nothing was filled for it: its numbers tell from where to where it went. */
export function swingEndLine(end: PositionEvent): AlertLine {
  const { side, pair, exit, ts, numbers } = end;
  const price = endPrice(end);
  return {
    tone: 'plain',
    text: `${clock(ts)} ◆ SWING ${side} ${pair} ended by ${exit} at ${decimal(price)} ${move(numbers?.entry, price)}`.trimEnd(),
  };
}

export function chartLine(path: string, title: string): AlertLine {
  const [what = ''] = title.split('\n');
  return { tone: 'plain', text: `${INDENT}chart of ${what}: ${path}` };
}

function inBook({ book }: PositionEvent): string {
  return book === undefined || book === DEFAULT_BOOK ? '' : ` [${book}]`;
}

/** UTC. */
function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}
