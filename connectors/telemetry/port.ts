/** Telemetry: what was measured of a signal's way. A side channel: it never stops, delays or changes what it measures. */
import { shortHash } from '../../schemas/hash.ts';
import type { TraceStage } from '../../schemas/trace.ts';

/** One stage of one trace. The stages of a signal's way follow each other without a gap. */
export interface StageSpan {
  readonly traceId: string;
  readonly stage: TraceStage;
  /** Unit: ms since the epoch, of the stack's clock: of the market where that is simulated. */
  readonly startMs: number;
  readonly endMs: number;
  /** `id`: what the stage made, the same however often it is measured. The rest is for people. */
  readonly attributes: Readonly<Record<string, string | number>> & { readonly id: string };
}

/** Twins: a file of this machine, OpenTelemetry, the histogram of Prometheus, the log. */
export interface Telemetry {
  /** Takes it at once, or drops it: never throws, never waits. */
  record(span: StageSpan): void;
  /** Hands on what it holds, for as long as that is worth while. Idempotent. */
  close(): Promise<void>;
}

/** Follows from the content: what is measured twice, by a stage that died and its successor, is the same span. 16 hex digits. */
export function spanIdOf({ traceId, stage, attributes }: StageSpan): string {
  return shortHash(traceId, stage, attributes.id);
}
