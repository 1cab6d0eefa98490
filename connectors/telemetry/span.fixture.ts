/** Spans for tests. */
import { type TraceStage, traceIdOf } from '../../schemas/trace.ts';
import type { StageSpan } from './port.ts';

export const CLOSE = Date.UTC(2026, 0, 5, 9, 30);
export const SIGNAL = `champion:default:SOLUSDT:LONG:${CLOSE}`;

/** From and until so many ms after the bar's close. */
export function span(
  stage: TraceStage,
  [startMs, endMs]: readonly [number, number],
  attributes: StageSpan['attributes'] = { id: stage, signal: SIGNAL },
): StageSpan {
  const traceId = traceIdOf({ pair: 'SOLUSDT', closeMs: CLOSE });
  return { traceId, stage, startMs: CLOSE + startMs, endMs: CLOSE + endMs, attributes };
}
