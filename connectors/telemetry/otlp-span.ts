/** A stage as a span of OpenTelemetry. Pure. */
import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { rootSpanIdOf } from '../../schemas/trace.ts';
import { type StageSpan, spanIdOf } from './port.ts';

export type OtelSpan = Parameters<OTLPTraceExporter['export']>[0][number];
export type OtelResource = OtelSpan['resource'];

const SCOPE = { name: 'crypto-signal-tracker' };
const NOTHING_ELSE = {
  kind: SpanKind.INTERNAL,
  status: { code: SpanStatusCode.UNSET },
  links: [],
  events: [],
  ended: true,
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
};

/** Of the process. Without `project` it is not for Cloud Trace, which asks for it. */
export function resourceOf(service: string, project: string | undefined): OtelResource {
  return resourceFromAttributes({
    'service.name': service,
    ...(project !== undefined && { 'gcp.project_id': project }),
  });
}

export function otelSpan(span: StageSpan, resource: OtelResource): OtelSpan {
  const { traceId, stage, startMs, endMs, attributes } = span;
  const flags = { traceId, traceFlags: TraceFlags.SAMPLED };
  const named = Object.entries(attributes).map(([name, value]) => [`cst.${name}`, value]);
  return {
    ...NOTHING_ELSE,
    name: stage,
    spanContext: () => ({ ...flags, spanId: spanIdOf(span) }),
    parentSpanContext: { ...flags, spanId: rootSpanIdOf(traceId), isRemote: true },
    startTime: hrTime(startMs),
    endTime: hrTime(endMs),
    duration: hrTime(endMs - startMs),
    attributes: Object.fromEntries(named),
    resource,
    instrumentationScope: SCOPE,
  };
}

/** Seconds and nanoseconds. */
function hrTime(ms: number): [number, number] {
  return [Math.floor(ms / 1_000), (ms % 1_000) * 1_000_000];
}
