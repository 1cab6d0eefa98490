/** A signal's way as lines for a terminal: each stage, how long it took, its share as a bar, and what happened. */
import type { StageSpan } from '../../connectors/telemetry/port.ts';
import { wrap } from '../wrap.ts';
import { arrivalsOf, type Way } from './ways.ts';

export interface Page {
  readonly columns: number;
  /** Colours a text, or does not. */
  readonly paint: (tone: Tone, text: string) => string;
}
export type Tone = 'busy' | 'waiting' | 'bad' | 'faint' | 'strong';

const NAME = 9;
const MS = 11;
const SHARE = 6;
/** What is left for bar and words is shared by them so. */
const BAR_SHARE = 0.42;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

export function wayText(way: Way, page: Page): string {
  const { signal, bar, traceId, clockTitle, spans, missing } = way;
  const endMs = Math.max(...spans.map((span) => span.endMs));
  const alertMs = alertEnd(way);
  return [
    page.paint('strong', signal),
    `${bar.pair} · bar closed ${timeText(bar.closeMs)}`,
    page.paint('faint', `trace ${traceId}`),
    page.paint('faint', `clock ${clockTitle}`),
    '',
    ...spans.map((span) => stageLine(span, { fromMs: bar.closeMs, endMs, alertMs }, page)),
    '',
    ...sumLines(way, page),
    ...(missing.length > 0 ? [page.paint('faint', `not measured here: ${missing.join(', ')}`)] : []),
  ].join('\n');
}

interface Scale {
  readonly fromMs: number;
  readonly endMs: number;
  /** What shares are of: the chart comes after it. */
  readonly alertMs: number;
}

function stageLine(span: StageSpan, scale: Scale, page: Page): string {
  const { stage, startMs, endMs } = span;
  const isTail = endMs > scale.alertMs;
  const share = isTail
    ? ''
    : `${Math.round((100 * (endMs - startMs)) / Math.max(1, scale.alertMs - scale.fromMs))} %`;
  const barColumns = Math.floor((page.columns - NAME - MS - SHARE - 4) * BAR_SHARE);
  const left = `${stage.padEnd(NAME)}${msText(endMs - startMs).padStart(MS)}${share.padStart(SHARE)}  `;
  const words = clip(happened(span), page.columns - left.length - barColumns - 2);
  const text = `${left}${page.paint(toneOf(span), barOf(span, scale, barColumns))}  ${words}`;
  return text.trimEnd();
}

/** Where it lies between bar close and the end of all, in eighths of a column; what is short still shows. */
function barOf({ startMs, endMs }: StageSpan, scale: Scale, columns: number): string {
  const perMs = (8 * columns) / Math.max(1, scale.endMs - scale.fromMs);
  // A stage that began before bar close, by another clock, is shown from there on.
  const from = Math.max(0, Math.min(Math.round((startMs - scale.fromMs) * perMs), 8 * columns - 1));
  const length = Math.max(1, Math.round((endMs - startMs) * perMs));
  const blank = Math.floor(from / 8);
  const eighths = Math.min(length, 8 * (columns - blank));
  return `${' '.repeat(blank)}${'█'.repeat(Math.floor(eighths / 8))}${EIGHTHS[eighths % 8]}`.padEnd(columns);
}

function toneOf({ stage, attributes: { outcome } }: StageSpan): Tone {
  if (stage === 'wait') return 'waiting';
  return isBad(outcome) ? 'bad' : 'busy';
}

const GOOD = ['SENT', 'DECISION', 'ENTRY', undefined];

function isBad(outcome: string | number | undefined): boolean {
  return !GOOD.includes(outcome as string | undefined);
}

/** What happened, in words. */
function happened({ stage, attributes }: StageSpan): string {
  const { venue, symbol, book, chat, outcome, reason, message } = attributes;
  switch (stage) {
    case 'exchange':
      return `all of the bar is here, from ${venue}:${symbol}`;
    case 'relay':
      return 'on the bus';
    case 'wait':
      return 'for late trades';
    case 'desk':
      return `${book}: ${isBad(outcome) ? `refused, ${outcome}` : reason}`;
    case 'fill':
      return `${book}: ${reason}`;
    case 'telegram':
      return `chat ${chat}: ${outcome}${message === undefined ? '' : `, message ${message}`}`;
    case 'chart':
      return `chat ${chat}: ${outcome}`;
    default:
      return MADE[stage];
  }
}

const MADE = { graph: 'signal published', macro: 'swing published', notifier: 'alert in the outbox' };

function alertEnd({ spans }: Way): number {
  const before = spans.filter(({ stage }) => stage !== 'chart');
  return Math.max(...(before.length > 0 ? before : spans).map(({ endMs }) => endMs));
}

function sumLines(way: Way, page: Page): string[] {
  const wait = way.spans.find(({ stage }) => stage === 'wait');
  const waited = wait ? ` (${msText(wait.endMs - wait.startMs)} of it the wait for late trades)` : '';
  const refusals = way.spans.filter(({ stage, attributes }) => stage === 'desk' && isBad(attributes.outcome));
  const sums = arrivalsOf(way).map(
    ({ chat, outcome, ms }) => `${msText(ms)} from bar close to ${outcome} in chat ${chat}${waited}`,
  );
  if (sums.length === 0)
    sums.push(`no alert; ${msText(alertEnd(way) - way.bar.closeMs)} since bar close${waited}`);
  const reasons = refusals.map(
    ({ attributes: { book, outcome, reason } }) => `${book} refused, ${outcome}: ${reason}`,
  );
  return [
    ...sums.flatMap((line) => wrap(line, page.columns)).map((line) => page.paint('strong', line)),
    ...reasons.flatMap((line) => wrap(line, page.columns)).map((line) => page.paint('bad', line)),
  ];
}

/** One line a signal: when, which, what became of it. */
export function listText(ways: readonly Way[], page: Page): string {
  return ways
    .map((way) => {
      const [first] = arrivalsOf(way);
      const refusal = way.spans.find(({ stage }) => stage === 'desk')?.attributes.outcome;
      const end = first ? `${first.outcome} ${msText(first.ms)}` : isBad(refusal) ? String(refusal) : '';
      return clip(`${timeText(way.bar.closeMs)}  ${way.signal}  ${end}`.trimEnd(), page.columns);
    })
    .join('\n');
}

function msText(ms: number): string {
  return `${ms.toLocaleString('en-US')} ms`;
}

function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

function clip(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`;
}
