/** Spans to whatever takes OpenTelemetry's protocol: in batches, from a bounded queue, and dropped rather than waited for. */
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { GoogleAuth } from 'google-auth-library';
import { messageOf } from '../../schemas/errors.ts';
import type { Clock } from '../clock/port.ts';
import { within } from '../clock/within.ts';
import { type OtelResource, otelSpan, resourceOf } from './otlp-span.ts';
import type { StageSpan, Telemetry } from './port.ts';

export interface OtlpOptions {
  /** Of traces, e.g. `http://localhost:4318/v1/traces`. Google's is asked with the credentials of the environment. */
  readonly url: string;
  readonly service: string;
  /** Of Google Cloud, where it is known. */
  readonly project?: string | undefined;
  readonly clock: Clock;
  /** Told when spans begin to get lost, and again after some had arrived. */
  readonly onTrouble?: (line: string) => void;
  /** Of a batch with its retries, which a server asks for with 429 or 503. Default 5 s. */
  readonly timeoutMs?: number;
  /** Default 1 s. */
  readonly everyMs?: number;
}

const GOOGLE = 'telemetry.googleapis.com';
const SCOPE = 'https://www.googleapis.com/auth/trace.append';
const MAX_WAITING = 4_096;
const BATCH = 512;
const EVERY_MS = 1_000;
const TIMEOUT_MS = 5_000;
/** What is not out by then is lost: a process that ends has no more time. */
const CLOSE_WITHIN_MS = 2_000;

export class OtlpTelemetry implements Telemetry {
  readonly #options: OtlpOptions;
  readonly #exporter: OTLPTraceExporter;
  readonly #resource: OtelResource;
  readonly #closing = new AbortController();
  readonly #waiting: StageSpan[] = [];
  #sending: Promise<void> | null = null;
  #closed: Promise<void> | undefined;
  /** Of the batch that is not answered yet. */
  #underWay = 0;
  #isFailing = false;
  #sent = 0;
  #dropped = 0;

  constructor(options: OtlpOptions) {
    const { url, service, project, timeoutMs = TIMEOUT_MS } = options;
    this.#options = options;
    this.#resource = resourceOf(service, project);
    const headers = new URL(url).hostname === GOOGLE ? { headers: googleHeaders(url) } : {};
    this.#exporter = new OTLPTraceExporter({ url, timeoutMillis: timeoutMs, ...headers });
  }

  /** Spans that arrived, that were given up, and that wait. */
  counts(): { readonly sent: number; readonly dropped: number; readonly waiting: number } {
    return { sent: this.#sent, dropped: this.#dropped, waiting: this.#waiting.length };
  }

  record(span: StageSpan): void {
    if (this.#waiting.length >= MAX_WAITING || this.#closed) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(span);
    this.#sending ??= this.#send();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { clock } = this.#options;
    this.#closing.abort();
    const isOut = await within(clock, CLOSE_WITHIN_MS, this.#sending ?? Promise.resolve());
    if (!isOut) this.#lost(this.#waiting.splice(0).length + this.#underWay, 'the process ends');
    await within(
      clock,
      CLOSE_WITHIN_MS,
      this.#exporter.shutdown().catch(() => {}),
    );
  }

  async #send(): Promise<void> {
    const { clock, everyMs = EVERY_MS } = this.#options;
    await clock.until(clock.now() + everyMs, this.#closing.signal);
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH);
      this.#underWay = batch.length;
      const failure = await this.#export(batch);
      this.#underWay = 0;
      if (failure !== null) this.#lost(batch.length, failure);
      else {
        this.#sent += batch.length;
        this.#isFailing = false;
      }
    }
    this.#sending = null;
  }

  /** Why it failed; null where it did not. */
  #export(batch: readonly StageSpan[]): Promise<string | null> {
    return new Promise((resolve) => {
      try {
        const spans = batch.map((span) => otelSpan(span, this.#resource));
        this.#exporter.export(spans, ({ code, error }) => resolve(code === 0 ? null : messageOf(error)));
      } catch (error) {
        resolve(messageOf(error));
      }
    });
  }

  #lost(spans: number, why: string): void {
    this.#dropped += spans;
    if (spans > 0 && !this.#isFailing) {
      this.#options.onTrouble?.(`Traces do not reach ${new URL(this.#options.url).host}: ${why}`);
    }
    this.#isFailing = true;
  }
}

/** Must not throw: without credentials the server refuses, which is told. */
function googleHeaders(url: string): () => Promise<Record<string, string>> {
  const auth = new GoogleAuth({ scopes: [SCOPE] });
  return async () => {
    const headers = await auth.getRequestHeaders(url).catch(() => new Headers());
    return Object.fromEntries(headers);
  };
}
