import { describe, expect, it } from 'vitest';
import type { StageSpan } from '../../connectors/telemetry/port.ts';
import { scalp } from '../../functions/telegram-notifier/told.fixture.ts';
import { type TraceStage, traceIdOf } from '../../schemas/trace.ts';
import { Traces } from './traces.ts';

const signal = scalp(1);
const other = { ...signal, id: `other:${signal.id}` };
const span = (stage: TraceStage, fromMs: number, of?: string, closeMs = signal.timestamp): StageSpan => ({
  traceId: traceIdOf({ pair: signal.pair, closeMs }),
  stage,
  startMs: signal.timestamp + fromMs,
  endMs: signal.timestamp + fromMs + 10,
  attributes: { id: `${stage} ${of}`, ...(of !== undefined && { signal: of }) },
});
const stagesOf = (traces: Traces, of = signal) => traces.of(of)?.map(({ stage }) => stage) ?? null;

describe('the stages of a signal', () => {
  it('are those of its bar and its own, not those of others of the bar', () => {
    const traces = new Traces();
    expect(stagesOf(traces)).toBeNull();
    traces.record(span('exchange', 0));
    traces.record(span('macro', 0));
    traces.record(span('wait', 10));
    traces.record(span('graph', 20, other.id));
    traces.record(span('graph', 20, signal.id));
    traces.record(span('desk', 30, other.id));
    traces.record(span('telegram', 40, signal.id));
    traces.record(span('desk', 30, signal.id));
    expect(stagesOf(traces)).toEqual(['exchange', 'wait', 'graph', 'desk', 'telegram']);
    expect(stagesOf(traces, other)).toEqual(['exchange', 'wait', 'graph', 'desk']);
  });

  it('are known for longer than bars without a signal', () => {
    const traces = new Traces();
    traces.record(span('wait', 10));
    traces.record(span('graph', 20, signal.id));
    for (let n = 1; n <= 5_000; n++)
      traces.record(span('relay', 0, undefined, signal.timestamp + n * 60_000));
    expect(stagesOf(traces)).toEqual(['wait', 'graph']);
    expect(traces.of({ ...signal, id: 'of no bar', timestamp: signal.timestamp - 60_000 })).toBeNull();
  });
});
