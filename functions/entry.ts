/** A function as a process: settings, log, health and an orderly end round one HTTP handler of the Functions Framework. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { http } from '@google-cloud/functions-framework';
import type { z } from 'zod';
import type { Clock } from '../connectors/clock/port.ts';
import { systemClock } from '../connectors/clock/system.ts';
import { within } from '../connectors/clock/within.ts';
import type { Environment } from '../connectors/environment.ts';
import { jsonLog, type Log, traceFields } from '../connectors/log-line.ts';
import { METRICS_TYPE, Meter } from '../connectors/metrics/meter.ts';
import { openServiceTelemetry, type ServiceTelemetry } from '../connectors/telemetry/service.ts';
import type { Stages } from '../connectors/telemetry/stages.ts';
import { messageOf, WireFormatError } from '../schemas/errors.ts';
import type { Stage } from '../schemas/metrics.ts';
import { barOfSignal, traceIdOf } from '../schemas/trace.ts';
import { settingsOf } from './environment.ts';
import { Ports } from './ports.ts';
import type { Handler, OnError } from './post-handler.ts';

type Pieces = Record<string, z.ZodType<unknown, Environment>>;

export interface FunctionContext {
  readonly ports: Ports;
  readonly clock: Clock;
  readonly log: Log;
  /** What `/metrics` tells. */
  readonly meter: Meter;
  /** Measures the stages of a signal's way that the function is. */
  readonly stages: Stages;
  /** Logs what a person should know, with the trace of the signal that it is about. */
  readonly notice: (line: string, signal?: string) => void;
  /** Logs what went wrong with a request, with its trace: what others sent as a warning, the rest as an error. */
  readonly onError: OnError;
}

export interface OpenFunction {
  readonly handler: Handler;
  /** For people, added to the answer about its health. */
  readonly health?: () => object;
  /** False where only a new process can help. */
  readonly isWell?: () => boolean;
  /** Ends what goes on besides requests; its ports are closed after it. */
  readonly close?: () => Promise<void>;
}

export interface FunctionEntry<P extends Pieces> {
  /** Its target, as `functions-framework --target` is told. */
  readonly name: Stage;
  readonly environment: Environment;
  readonly settings: P;
  readonly open: (
    settings: { readonly [K in keyof P]: z.output<P[K]> },
    context: FunctionContext,
  ) => Promise<OpenFunction>;
}

/** Cloud Run kills ten seconds after it has asked. */
const DRAIN_MS = 8_000;
const LOOPBACK = /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/;
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Registers the function. `GET /live` and `GET /healthz` answer 200; 503 once it was asked to stop, or where a new process
 * is needed. `GET /metrics` answers whoever scrapes from beside it. All else is the handler's. SIGTERM: new requests get 503, those under way are finished, the ports are closed, and the process ends.
 * Where a setting is wrong the process ends at once: one line of the log, exit code 4.
 */
export async function serveFunction<P extends Pieces>(entry: FunctionEntry<P>): Promise<void> {
  const clock = systemClock;
  const log = jsonLog(clock, (line) => process.stdout.write(line));
  const meter = new Meter([entry.name]);
  const { name, environment } = entry;
  const fieldsOf = (traceId: string | undefined) =>
    traceId === undefined ? {} : traceFields(traceId, environment.GOOGLE_CLOUD_PROJECT);
  const onError: OnError = (error, traceId) =>
    log(error instanceof WireFormatError ? 'WARNING' : 'ERROR', messageOf(error), fieldsOf(traceId));
  const notice: FunctionContext['notice'] = (line, signal = '') => {
    const bar = barOfSignal(signal);
    log('WARNING', line, fieldsOf(bar === null ? undefined : traceIdOf(bar)));
  };
  try {
    const settings = settingsOf(entry.settings, environment);
    const telemetry = await openServiceTelemetry({ environment, service: name, clock, log, meter });
    const { stages } = telemetry;
    const ports = new Ports({ clock, meter, stages });
    const opened = await entry.open(settings, { ports, clock, log, meter, stages, notice, onError });
    const running = new Running({ opened, ports, log, meter, name, telemetry });
    http(name, (request, response) => running.answer(request, response));
    endOnSignal(() => running.stop());
    log('INFO', `${name} serves.`);
  } catch (error) {
    log('ERROR', messageOf(error));
    process.exit((error as { exitCode?: number }).exitCode ?? 1);
  }
}

interface Parts extends Pick<FunctionContext, 'ports' | 'log' | 'meter'> {
  readonly opened: OpenFunction;
  readonly name: Stage;
  readonly telemetry: ServiceTelemetry;
}

class Running {
  readonly #parts: Parts;
  readonly #underWay = new Set<Promise<void>>();
  #isStopping = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split('?')[0];
    if (request.method === 'GET' && (path === '/healthz' || path === '/live')) return this.#tell(response);
    if (path === '/metrics' && isSidecar(request)) return this.#measures(response);
    if (this.#isStopping) return void response.writeHead(503).end();
    const work = this.#handle(request, response);
    this.#underWay.add(work);
    try {
      await work;
    } finally {
      this.#underWay.delete(work);
    }
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { opened, meter, name } = this.#parts;
    const startMs = systemClock.now();
    await opened.handler(request, response);
    meter.count('cst_requests_total', { function: name, status: String(response.statusCode) });
    meter.observe('cst_request_seconds', (systemClock.now() - startMs) / 1_000, { function: name });
  }

  async #measures(response: ServerResponse): Promise<void> {
    response.writeHead(200, { 'content-type': METRICS_TYPE }).end(await this.#parts.meter.text());
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    const { log } = this.#parts;
    log('INFO', `Stopping: ${this.#underWay.size} requests under way.`);
    if (!(await within(systemClock, DRAIN_MS, this.#end()))) {
      log('WARNING', `Not stopped within ${DRAIN_MS / 1000} s: ended as it is.`);
    }
  }

  async #end(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    await this.#parts.opened.close?.();
    await this.#parts.ports.close();
    await this.#parts.telemetry.close();
  }

  #tell(response: ServerResponse): void {
    const { opened } = this.#parts;
    const isWell = opened.isWell?.() ?? true;
    const status = this.#isStopping ? 'stopping' : isWell ? 'ok' : 'unwell';
    const body = JSON.stringify({ status, ...opened.health?.() });
    const headers = { 'content-type': 'application/json' };
    response.writeHead(status === 'ok' ? 200 : 503, headers).end(body);
  }
}

/** What comes in from outside has passed a front end, which says whom it speaks for; what runs beside us asks directly. */
function isSidecar({ method, socket, headers }: IncomingMessage): boolean {
  const isDirect = headers['x-forwarded-for'] === undefined && headers.forwarded === undefined;
  return method === 'GET' && isDirect && LOOPBACK.test(socket.remoteAddress ?? '');
}

/** The framework's own listeners would end the process at the signal, with requests half done: they are taken off. */
function endOnSignal(stop: () => Promise<void>): void {
  let isAsked = false;
  const end = () => {
    if (isAsked) return;
    isAsked = true;
    void stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const signal of SIGNALS) process.on(signal, end);
  process.on('newListener', (name, listener) => {
    const signal = SIGNALS.find((each) => each === name);
    if (signal && listener !== end) process.nextTick(() => process.off(signal, listener));
  });
}
