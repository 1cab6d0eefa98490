/** The ways of signals, from bar close to alert, put together from the spans of their stages. Pure. */
import type { KeptSpan } from '../../connectors/telemetry/span-file.ts';
import {
  barOfSignal,
  TRACE_STAGES,
  type TracedBar,
  type TraceStage,
  traceIdOf,
} from '../../schemas/trace.ts';

export interface Way {
  readonly signal: string;
  readonly bar: TracedBar;
  readonly traceId: string;
  readonly clockTitle: string;
  /** In the order of the stages; where books or chats are several, one for each. */
  readonly spans: readonly KeptSpan[];
  /** Stages before the last one that nothing is known of: another process has measured them, or nobody. */
  readonly missing: readonly TraceStage[];
}

const ORDER = Object.keys(TRACE_STAGES) as TraceStage[];
/** What every scalp comes through. */
const SCALP: readonly TraceStage[] = ['exchange', 'relay', 'wait', 'graph'];

/** The newest last. */
export function waysOf(spans: readonly KeptSpan[]): Way[] {
  const byTrace = Map.groupBy(spans, ({ traceId }) => traceId);
  const signals = new Set(
    spans.flatMap(({ attributes: { signal } }) => (signal === undefined ? [] : [String(signal)])),
  );
  return [...signals]
    .flatMap((signal) => {
      const bar = barOfSignal(signal);
      return bar === null ? [] : [wayOf(signal, bar, byTrace.get(traceIdOf(bar)) ?? [])];
    })
    .toSorted((a, b) => a.bar.closeMs - b.bar.closeMs);
}

function wayOf(signal: string, bar: TracedBar, trace: readonly KeptSpan[]): Way {
  const isSwing = signal.startsWith(`${bar.pair}:`);
  const isOurs = ({ stage, attributes }: KeptSpan) =>
    attributes.signal === undefined ? !isSwing && stage !== 'macro' : attributes.signal === signal;
  const spans = trace
    .filter(isOurs)
    .toSorted((a, b) => ORDER.indexOf(a.stage) - ORDER.indexOf(b.stage) || a.startMs - b.startMs);
  const known = new Set(spans.map(({ stage }) => stage));
  const missing = isSwing ? [] : SCALP.filter((stage) => !known.has(stage));
  return { signal, bar, traceId: traceIdOf(bar), clockTitle: spans.at(-1)?.clockTitle ?? '', spans, missing };
}

/** By the id of a signal, of what was made of it (a position event), of a trace, or by the beginning of one. */
export function waysLike(ways: readonly Way[], name: string): Way[] {
  const exact = ways.filter(({ signal }) => signal === name);
  if (exact.length > 0) return exact;
  return ways.filter(
    ({ signal, traceId, spans }) =>
      signal.startsWith(name) ||
      traceId.startsWith(name) ||
      spans.some(({ attributes }) => attributes.id === name),
  );
}

export interface Arrival {
  readonly chat: string;
  readonly outcome: string;
  /** From bar close until then. Unit: ms. */
  readonly ms: number;
}

/** What its alert came to in each chat; empty where there was none. */
export function arrivalsOf({ spans, bar }: Way): Arrival[] {
  return spans
    .filter(({ stage }) => stage === 'telegram')
    .map(({ endMs, attributes: { chat, outcome } }) => ({
      chat: String(chat),
      outcome: String(outcome),
      ms: endMs - bar.closeMs,
    }));
}
