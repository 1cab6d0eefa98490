/** Stages of signals' ways that were measured here, for the newest of them. */
import type { StageSpan } from '../../connectors/telemetry/port.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { barOf, traceIdOf } from '../../schemas/trace.ts';
import type { SignalDetail } from '../api.ts';

/** Most bars become no signal, which shows within seconds: an hour of 25 pairs. */
const BARS_KEPT = 1_500;
const SIGNALS_KEPT = 2_000;

export class Traces {
  /** Of what all signals of a bar share, by trace. */
  readonly #ofBars = new Map<string, StageSpan[]>();
  /** Of one signal alone, by its id. */
  readonly #ofSignals = new Map<string, StageSpan[]>();

  record(span: StageSpan): void {
    const { traceId, stage, attributes } = span;
    if (attributes.signal !== undefined) {
      const id = String(attributes.signal);
      // Bars are soon forgotten, and this signal's is still to be told of.
      const own = this.#ofSignals.get(id) ?? [...(this.#ofBars.get(traceId) ?? [])];
      keep(this.#ofSignals, id, [...own, span], SIGNALS_KEPT);
    } else if (stage !== 'macro') {
      keep(this.#ofBars, traceId, [...(this.#ofBars.get(traceId) ?? []), span], BARS_KEPT);
    }
  }

  /** Oldest first; null where nothing was measured. */
  of(signal: ScalpSignal): SignalDetail['trace'] {
    const bar = barOf('trade-signals-micro', signal);
    const spans = this.#ofSignals.get(signal.id) ?? (bar && this.#ofBars.get(traceIdOf(bar)));
    if (!spans) return null;
    const inOrder = spans.toSorted((a, b) => a.startMs - b.startMs || a.endMs - b.endMs);
    return inOrder.map(({ stage, startMs, endMs }) => ({ stage, start: startMs, ms: endMs - startMs }));
  }
}

function keep(all: Map<string, StageSpan[]>, key: string, spans: StageSpan[], most: number): void {
  all.set(key, spans);
  if (all.size > most) all.delete(all.keys().next().value!);
}
