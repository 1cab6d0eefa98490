/** A relay as a service: universe, recorder, relay, health and metrics around one feed, opened and closed in order. */
import type { MessageBus } from '../connectors/bus/port.ts';
import type { Clock } from '../connectors/clock/port.ts';
import { systemClock } from '../connectors/clock/system.ts';
import type { Environment } from '../connectors/environment.ts';
import type { VenueAdapter } from '../connectors/exchanges/venue.ts';
import type { FeedInput } from '../connectors/feed/feed-io.ts';
import { openRecorder, type Recorder } from '../connectors/journal/recorder.ts';
import type { Retention } from '../connectors/journal/segment-writer.ts';
import type { Lease } from '../connectors/lease/port.ts';
import { type Log, noticesOf } from '../connectors/log-line.ts';
import { Meter } from '../connectors/metrics/meter.ts';
import { type Relay, startRelay } from '../connectors/relay/relay.ts';
import type { StandbyOptions } from '../connectors/standby/standby-options.ts';
import { openServiceTelemetry, type ServiceTelemetry } from '../connectors/telemetry/service.ts';
import type { Stages } from '../connectors/telemetry/stages.ts';
import { feedTold, tracedBus } from '../connectors/telemetry/traced-bus.ts';
import type { UniverseOptions } from '../schemas/universe-options.ts';
import { LiveUniverse } from './live-universe.ts';
import { healthBody, RelayHealth, type RelayReport } from './relay-health.ts';
import { relaySamples } from './relay-metrics.ts';
import { type StatusAddress, type StatusServer, serveStatus } from './status-server.ts';

export interface RecordOptions {
  readonly dir: string;
  readonly retention: Retention;
  /** True where there is nothing else to do: without it the service fails. */
  readonly isVital?: boolean;
}

export interface RelayServiceOptions {
  readonly adapter: VenueAdapter;
  /** These, or the first by turnover. */
  readonly follow:
    | readonly string[]
    | { readonly universe: UniverseOptions; readonly fallback: readonly string[] };
  readonly bus: Pick<MessageBus, 'publish' | 'close'>;
  /** Market time. */
  readonly clock: Clock;
  readonly copies: number;
  readonly spillDir: string | null;
  readonly record: RecordOptions | null;
  /** See StandbyOptions. */
  readonly lease: { readonly port: Lease; readonly holder: string; readonly ttlMs?: number } | null;
  readonly status: StatusAddress;
  /** Where it may name a collector of traces. */
  readonly environment?: Environment;
  readonly log: Log;
  /** Version of the program. */
  readonly code: string;
}

/** Cloud Run kills ten seconds after it has asked; a bus that is away takes five of them to close. */
const DRAIN_MS = 4_500;
const LOOK_EVERY_MS = 1_000;

export class RelayService {
  readonly #options: RelayServiceOptions;
  readonly #health = new RelayHealth();
  readonly #stopping = new AbortController();
  readonly #meter = new Meter(['relay']);
  #telemetry: ServiceTelemetry | undefined;
  #universe: LiveUniverse | undefined;
  #recorder: Recorder | undefined;
  #relay: Relay | undefined;
  #server: StatusServer | undefined;
  #stopped: Promise<void> | undefined;
  #fail: (error: unknown) => void = () => {};
  /** Rejects where it cannot do any more what it is for. */
  readonly failed = new Promise<never>((_, reject) => {
    this.#fail = reject;
  });
  frames = 0;

  /** @throws ConfigError, UpstreamError where a folder, a port or the bus cannot be used. */
  static async open(options: RelayServiceOptions): Promise<RelayService> {
    const service = new RelayService(options);
    try {
      await service.#open();
      return service;
    } catch (error) {
      await service.stop().catch(() => {});
      throw error;
    }
  }

  private constructor(options: RelayServiceOptions) {
    this.#options = options;
    this.failed.catch(() => {});
  }

  /** Where health and metrics are. */
  get url(): string {
    return this.#server!.url;
  }

  report(): RelayReport {
    const stats = this.#recorder?.stats();
    return { ...this.#relay!.stats(), recording: stats ?? null };
  }

  /** Why it is of no use now: none while it is. */
  reasons(): string[] {
    this.#health.look(this.report(), systemClock.now());
    return this.#health.reasons(systemClock.now());
  }

  /** Publishes what was received, and closes everything, also where a part fails; the first failure is thrown. Idempotent. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #open(): Promise<void> {
    const { follow, log, adapter } = this.#options;
    await this.#openRecorder();
    if ('universe' in follow) {
      this.#universe = await LiveUniverse.open({
        rest: adapter.rest({ baseUrl: adapter.restUrl, clock: systemClock }),
        options: follow.universe,
        fallback: follow.fallback,
        clock: systemClock,
        notice: noticesOf(log),
      });
    }
    const { environment = {}, clock } = this.#options;
    const telemetry = { environment, service: 'relay', clock, log, meter: this.#meter };
    this.#telemetry = await openServiceTelemetry(telemetry);
    const { stages } = this.#telemetry;
    const relay = await this.#startRelay(this.#universe?.symbols ?? (follow as readonly string[]), stages);
    this.#relay = relay;
    this.#universe?.follow((symbols, halted) => relay.follow(symbols, halted));
    await this.#serve();
    void this.#watch();
  }

  async #openRecorder(): Promise<void> {
    const { record, adapter, code, log } = this.#options;
    if (!record) return;
    this.#recorder = await openRecorder({
      dir: record.dir,
      retention: record.retention,
      adapter,
      code,
      clock: systemClock,
      onFailed: (error) => {
        if (record.isVital) this.#fail(error);
        else log('ERROR', `RECORDING HAS ENDED, the relay goes on: ${error.message}`);
      },
    });
  }

  #startRelay(symbols: readonly string[], stages: Stages): Promise<Relay> {
    const { adapter, bus, clock, copies, spillDir, lease, log } = this.#options;
    const recorder = this.#recorder;
    return startRelay({
      adapter,
      symbols,
      clock,
      copies,
      spillDir,
      drainMs: DRAIN_MS,
      bus: tracedBus(bus as MessageBus, stages),
      onMessages: (messages) => feedTold(stages, messages),
      ...(lease ? { standby: standbyOf(lease) } : {}),
      log: noticesOf(log),
      ...(recorder ? { onStart: (start) => recorder.began(start) } : {}),
      onInput: (input: FeedInput, at) => {
        if (input.kind === 'frame') this.frames += 1;
        recorder?.told(input, at);
      },
    });
  }

  async #serve(): Promise<void> {
    const health = () => {
      const reasons = this.reasons();
      return { isWell: reasons.length === 0, body: healthBody(this.report(), reasons) };
    };
    this.#meter.read(() => relaySamples(this.report()));
    const metrics = () => this.#meter.text();
    this.#server = await serveStatus({ health, metrics }, this.#options.status);
  }

  /** So that it is known since when what is wrong has been wrong. */
  async #watch(): Promise<void> {
    const { signal } = this.#stopping;
    let before = '';
    while (!signal.aborted) {
      const reasons = this.reasons().map((reason) => reason.replace(/ \(for [^)]*\)$/, ''));
      const now = reasons.join(' ');
      if (now !== before) this.#options.log(now ? 'ERROR' : 'INFO', now || 'Of use again.');
      before = now;
      await systemClock.until(systemClock.now() + LOOK_EVERY_MS, signal);
    }
  }

  async #stop(): Promise<void> {
    const { bus, lease } = this.#options;
    this.#health.stopping();
    this.#stopping.abort();
    const failures: unknown[] = [];
    const inOrder = [
      async () => this.#universe?.stop(),
      async () => this.#relay?.stop(),
      async () => this.#recorder?.close(),
      async () => lease?.port.close(),
      () => bus.close(),
      async () => this.#telemetry?.close(),
      async () => this.#server?.close(),
    ];
    for (const end of inOrder) await end().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}

function standbyOf({ port, ...options }: NonNullable<RelayServiceOptions['lease']>): StandbyOptions {
  return { lease: port, ...options };
}
