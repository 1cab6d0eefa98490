/** The trace of a bar: whatever comes of one minute of a pair carries the same, and each stage computes it from content alone. */
import { hash } from 'node:crypto';
import type { z } from 'zod';
import { closeTime } from './candle.ts';
import { closeAfter, MINUTE_MS, pairOf } from './primitives.ts';
import { ATTRIBUTES, type TOPICS, type TopicName } from './topics.ts';

/** Longer bars that close at the same moment are of the same trace. */
export interface TracedBar {
  readonly pair: string;
  /** Unit: ms since the epoch. */
  readonly closeMs: number;
}

/** What happens to a signal, in order. They follow each other without a gap: their sum is the latency from bar close to alert. */
export const TRACE_STAGES = {
  exchange: 'bar close until all that the exchange told of it was taken',
  relay: 'until the bus had it',
  wait: 'until event time passed the close: late trades may come',
  graph: 'bars, levels, features, rules; until the signal was published',
  macro: 'slot until bias and swing were published',
  desk: 'until the decision was published',
  fill: 'until the entry was published: an order may rest',
  notifier: 'until the alert was in the outbox',
  telegram: 'until the messenger had taken it',
  chart: 'after the alert: until its chart was taken, too',
} as const;
export type TraceStage = keyof typeof TRACE_STAGES;

type Records = { [T in TopicName]: z.output<(typeof TOPICS)[T]['schema']> };

const ofSecond = ({ symbol, ts }: { readonly symbol: string; readonly ts: number }): TracedBar => ({
  pair: pairOf(symbol),
  closeMs: closeAfter(ts, MINUTE_MS),
});
const ofMoment = ({ pair, timestamp }: { readonly pair: string; readonly timestamp: number }): TracedBar => ({
  pair,
  closeMs: timestamp,
});

/** Null: of no bar. */
const BARS: { readonly [T in TopicName]: ((record: Records[T]) => TracedBar | null) | null } = {
  'raw-tick-data': ofSecond,
  'book-snapshots': ofSecond,
  'market-candles': (candle) => ({ pair: pairOf(candle.symbol), closeMs: closeTime(candle) }),
  'market-levels': ({ pair, asOf }) => ({ pair, closeMs: asOf }),
  'market-features': ({ pair, closeTime: closeMs }) => ({ pair, closeMs }),
  'trade-signals-micro': ofMoment,
  'macro-bias-updates': ofMoment,
  'trade-signals-macro': ofMoment,
  'position-events': ({ signalId }) => barOfSignal(signalId),
  'feed-events': null,
  'dead-letters': null,
};

/** The bar of a record of the topic; null where it is of none. */
export function barOf(topic: TopicName, record: object): TracedBar | null {
  return (BARS[topic] as ((record: object) => TracedBar | null) | null)?.(record) ?? null;
}

/** Scalp and swing ids both end in pair, side and moment. Null where this one does not. */
export function barOfSignal(signalId: string): TracedBar | null {
  const [, pair, closeMs] = /([^:]+):(?:LONG|SHORT):(\d{1,15})$/.exec(signalId) ?? [];
  return pair === undefined ? null : { pair, closeMs: Number(closeMs) };
}

/** 32 hex digits. */
export function traceIdOf({ pair, closeMs }: TracedBar): string {
  const known = newest.get(pair);
  if (known?.closeMs === closeMs) return known.traceId;
  const traceId = hash('sha256', `${pair}:${closeMs}`).slice(0, 32);
  if (newest.size >= MAX_PAIRS) newest.clear();
  newest.set(pair, { closeMs, traceId });
  return traceId;
}

/** Of each pair: a bar's many messages are made one after the other. */
const newest = new Map<string, { readonly closeMs: number; readonly traceId: string }>();
const MAX_PAIRS = 2_000;

/** Id of what all spans of a trace are below: the way of the bar as a whole. 16 hex digits. */
export function rootSpanIdOf(traceId: string): string {
  return traceId.slice(16);
}

/** As W3C Trace Context has it, sampled. */
export function traceAttribute(bar: TracedBar | null): Record<string, string> {
  if (bar === null) return {};
  const traceId = traceIdOf(bar);
  return { [ATTRIBUTES.trace]: `00-${traceId}-${rootSpanIdOf(traceId)}-01` };
}

/** Trace id of a message; undefined where it has none. */
export function traceIdIn(attributes: Readonly<Record<string, string>>): string | undefined {
  return /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(attributes[ATTRIBUTES.trace] ?? '')?.[1];
}
