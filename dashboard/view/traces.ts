/** Stages of signals' ways that were measured here, for the newest of them. */
import type { StageSpan } from '../../connectors/telemetry/port.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { barOf, traceIdOf } from '../../schemas/trace.ts';
import type { SignalDetail } from '../api.ts';

/** Of a minute of 25 pairs there are 25 traces; only few become signals, but that shows later. */
const TRACES_KEPT = 2_000;

export class Traces {
  readonly #spans = new Map<string, StageSpan[]>();

  record(span: StageSpan): void {
    const spans = this.#spans.get(span.traceId);
    if (spans !== undefined) {
      spans.push(span);
      return;
    }
    this.#spans.set(span.traceId, [span]);
    if (this.#spans.size > TRACES_KEPT) this.#spans.delete(this.#spans.keys().next().value!);
  }

  /** Oldest first; null where nothing was measured. */
  of(signal: ScalpSignal): SignalDetail['trace'] {
    const bar = barOf('trade-signals-micro', signal);
    const spans = bar === null ? undefined : this.#spans.get(traceIdOf(bar));
    if (spans === undefined) return null;
    const inOrder = [...spans].sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs);
    return inOrder.map(({ stage, startMs, endMs }) => ({ stage, start: startMs, ms: endMs - startMs }));
  }
}
