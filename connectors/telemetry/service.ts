/** What a service measures with: to its metrics and its log, and by OpenTelemetry where its environment names an endpoint. */
import { ConfigError } from '../../schemas/errors.ts';
import type { Clock } from '../clock/port.ts';
import type { Environment } from '../environment.ts';
import { type Log, traceFields } from '../log-line.ts';
import { type Sample, sample } from '../metrics/meter.ts';
import { type StageSpan, spanIdOf, type Telemetry } from './port.ts';
import { Stages } from './stages.ts';

export interface OtlpSettings {
  readonly environment: Environment;
  readonly service: string;
  readonly clock: Clock;
  readonly onTrouble: (line: string) => void;
}

export interface ServiceTelemetryOptions {
  readonly environment: Environment;
  readonly service: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Pick<Telemetry, 'record'> & { read(samples: () => readonly Sample[]): void };
}

export interface ServiceTelemetry {
  readonly stages: Stages;
  close(): Promise<void>;
}

/** @throws ConfigError where the endpoint is no URL. */
export async function openServiceTelemetry(options: ServiceTelemetryOptions): Promise<ServiceTelemetry> {
  const { environment, clock, log, meter } = options;
  const otlp = await openOtlp({ ...options, onTrouble: (line) => log('WARNING', line) });
  if (otlp) meter.read(() => otlp.samples());
  const record = (span: StageSpan) => {
    meter.record(span);
    otlp?.record(span);
    logSpan(log, span, environment.GOOGLE_CLOUD_PROJECT);
  };
  return { stages: new Stages({ telemetry: { record }, clock }), close: async () => otlp?.close() };
}

export interface Otlp extends Telemetry {
  samples(): readonly Sample[];
}

/** By the variables that every program of OpenTelemetry knows; null where they name no endpoint. @throws ConfigError where it is no URL. */
export async function openOtlp({ environment, ...options }: OtlpSettings): Promise<Otlp | null> {
  const url = otlpUrlOf(environment);
  if (url === null) return null;
  // Nobody else is to load it.
  const { OtlpTelemetry } = await import('./otlp.ts');
  const otlp = new OtlpTelemetry({ ...options, url, project: environment.GOOGLE_CLOUD_PROJECT });
  return {
    record: (span) => otlp.record(span),
    close: () => otlp.close(),
    samples() {
      const { sent, dropped } = otlp.counts();
      return [sample('cst_spans_sent_total', sent), sample('cst_spans_dropped_total', dropped)];
    },
  };
}

function otlpUrlOf(environment: Environment): string | null {
  const { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: ofTraces, OTEL_EXPORTER_OTLP_ENDPOINT: ofAll } = environment;
  const url = ofTraces || (ofAll ? `${ofAll.replace(/\/$/, '')}/v1/traces` : '');
  const isOff = environment.OTEL_SDK_DISABLED === 'true' || environment.OTEL_TRACES_EXPORTER === 'none';
  if (url === '' || isOff) return null;
  if (URL.canParse(url) && /^https?:/.test(url)) return url;
  throw new ConfigError(
    'Expected OTEL_EXPORTER_OTLP_ENDPOINT as the URL of a collector, e.g. http://localhost:4318, got something else.',
  );
}

/** One line for each stage of a signal; bars are too many. */
function logSpan(log: Log, span: StageSpan, project?: string): void {
  const { traceId, stage, startMs, endMs, attributes } = span;
  const { signal, outcome } = attributes;
  if (signal === undefined) return;
  const ms = endMs - startMs;
  const fields = { ...traceFields(traceId, project, spanIdOf(span)), stage, ms, ...attributes };
  log('INFO', `${signal} ${stage}${outcome === undefined ? '' : ` ${outcome}`}, ${ms} ms`, fields);
}
