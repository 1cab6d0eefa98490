/** A stack whose every part is ours, on one fast clock, with places for faults between the parts; and what it tells of itself. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { graphSamples } from '../../cli/graph-metrics.ts';
import { runMacroTimer } from '../../cli/macro-timer.ts';
import { relaySamples } from '../../cli/relay-metrics.ts';
import { openEmbeddedBus } from '../../connectors/bus/embedded.ts';
import type { MessageBus } from '../../connectors/bus/port.ts';
import { acceleratedClock } from '../../connectors/clock/accelerated.ts';
import type { Clock } from '../../connectors/clock/port.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import { bybitAdapter } from '../../connectors/exchanges/bybit/adapter.ts';
import { startSimulatedExchange } from '../../connectors/exchanges/simulated/server.ts';
import type { Messenger } from '../../connectors/messenger/port.ts';
import { Meter } from '../../connectors/metrics/meter.ts';
import { countPublished } from '../../connectors/metrics/published.ts';
import { startRelay } from '../../connectors/relay/relay.ts';
import { type CandleRange, candlesOf } from '../../connectors/state/records.ts';
import { openSqliteStore } from '../../connectors/state/sqlite.ts';
import { sinkMetrics } from '../../functions/state-sink/metrics.ts';
import { sinkState } from '../../functions/state-sink/subscriber.ts';
import { NotifierSettings } from '../../functions/telegram-notifier/settings.ts';
import { runNotifier } from '../../functions/telegram-notifier/subscriber.ts';
import { runDesk } from '../../functions/trade-desk/subscriber.ts';
import { GraphService } from '../../pipelines/graph-service.ts';
import { DeskConfig } from '../../schemas/desk-params.ts';
import { UpstreamError } from '../../schemas/errors.ts';
import { MacroParams } from '../../schemas/macro-params.ts';
import { STAGES } from '../../schemas/metrics.ts';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import { pairOf } from '../../schemas/primitives.ts';

const SYMBOLS = ['SOLUSDT', 'XRPUSDT', 'BTCUSDT'];
const CHAT = '42';

export type Fault =
  | 'none'
  | 'feed-dead'
  | 'feed-silent'
  | 'graph-stalled'
  | 'bus-away'
  | 'outbox-stuck'
  | 'macro-silent'
  | 'dead-man';

export interface WatchedStack {
  readonly clock: Clock;
  begin(): void;
  /** From now on; `none` heals it. */
  suffer(fault: Fault): Promise<void>;
  scrape(): Promise<string>;
  stop(): Promise<void>;
}

export interface WatchedOptions {
  readonly startMs: number;
  /** Market seconds a second. */
  readonly speed: number;
  /** Settings of the one book. */
  readonly book: object;
}

export async function openWatchedStack({ startMs, speed, book }: WatchedOptions): Promise<WatchedStack> {
  const dir = mkdtempSync(join(tmpdir(), 'cst-watched-'));
  const clock = acceleratedClock({
    start: startMs,
    speed,
    base: systemClock,
    isHeld: true,
    mostAtOnceMs: 500,
  });
  const meter = new Meter(STAGES);
  const stopping = new AbortController();
  let fault: Fault = 'none';
  const exchange = await startSimulatedExchange({ seed: 1, symbols: SYMBOLS, clock });
  const adapter = bybitAdapter({ wsUrl: exchange.wsUrl, restUrl: exchange.httpUrl, bookDepth: 50 });
  const rest = adapter.rest({ baseUrl: adapter.restUrl, clock: systemClock });
  const embedded = await openEmbeddedBus({ dir: join(dir, 'bus'), clock: systemClock });
  const bus = countPublished(
    faulty(embedded, () => fault, stopping.signal),
    meter,
    clock,
  );
  const store = await openSqliteStore({ path: join(dir, 'state.sqlite'), clock, survives: 'process' });
  const sink = await sinkState({ store, bus, clock, onKept: sinkMetrics(meter, clock) });
  const config = DeskConfig.parse({ books: [book] });
  const desk = await runDesk({ store, bus, clock, config, meter });
  const notifier = await runNotifier({
    bus,
    clock,
    meter,
    path: join(dir, 'outbox.sqlite'),
    unlimited: [CHAT],
    tasks: { add: async () => 'added', close: async () => undefined },
    messenger: messengerOf(() => fault),
    settings: NotifierSettings.parse({ chats: [CHAT], signal: 'on', refusal: 'on' }),
  });
  const fetchKlines = rest.klines.bind(rest);
  const macro = {
    bus,
    clock,
    meter,
    params: MacroParams.parse({}),
    exchange: fetchKlines,
    pairs: SYMBOLS.map((symbol) => ({
      pair: pairOf(symbol),
      instruments: [{ venue: adapter.venue, symbol }] as const,
    })),
    known: (range: CandleRange) => candlesOf(store, range),
  };
  let onWarm = () => {};
  const warm = new Promise<void>((resolve) => {
    onWarm = resolve;
  });
  const macroStopping = new AbortController();
  const graph = await GraphService.open({
    bus,
    clock,
    project: 'local',
    venue: adapter.venue,
    symbols: SYMBOLS,
    params: DEFAULT_PARAMS,
    fetchKlines,
    notice: () => {},
    onWarm,
  });
  const relay = await startRelay({
    adapter,
    symbols: SYMBOLS,
    bus,
    clock,
    seed: 1,
    spillDir: join(dir, 'spill'),
  });
  meter.read(() => relaySamples({ ...relay.stats(), recording: null }));
  meter.read(() => graphSamples(graph, clock.now()));
  const running = graph.run();
  await warm;
  return {
    clock,
    begin() {
      clock.begin();
      void runMacroTimer(macro, () => {}, macroStopping.signal);
    },
    async suffer(next) {
      fault = next;
      exchange.mute(next === 'feed-silent');
      if (next === 'macro-silent') macroStopping.abort();
      if (next === 'feed-dead') await exchange.close();
    },
    scrape: () => meter.text(),
    async stop() {
      stopping.abort();
      macroStopping.abort();
      await Promise.allSettled([relay.stop(), graph.stop(), running]);
      await Promise.allSettled([notifier.close(), desk.close(), sink.close()]);
      await Promise.allSettled([store.close(), embedded.close(), exchange.close()]);
      clock.end();
    },
  };
}

/** `graph-stalled`: it cannot get rid of a bar. `bus-away`: nobody can publish. */
function faulty(bus: MessageBus, fault: () => Fault, stopping: AbortSignal): MessageBus {
  return {
    async publish(topic, messages) {
      while (fault() === 'graph-stalled' && topic === 'market-candles' && !stopping.aborted) {
        await systemClock.until(systemClock.now() + 50, stopping);
      }
      if (fault() === 'bus-away') throw new UpstreamError('Expected a bus, got none.');
      await bus.publish(topic, messages);
    },
    subscribe: (topic, name, options) => bus.subscribe(topic, name, options),
    close: () => bus.close(),
  };
}

/** A chat whose messages are numbered; Telegram is away where the fault says so. */
function messengerOf(fault: () => Fault): Messenger {
  let number = 0;
  const away = { kind: 'later', reason: 'Telegram is away.', afterMs: null } as const;
  const done = async () => {
    if (fault() === 'outbox-stuck') return away;
    number += 1;
    return { kind: 'done', value: number } as const;
  };
  return {
    send: done,
    sendPhoto: done,
    edit: async () => (fault() === 'outbox-stuck' ? away : ({ kind: 'done', value: null } as const)),
    probe: async () => ({ kind: 'done', value: 'nothing' }) as const,
    answerPress: async () => ({ kind: 'done', value: null }) as const,
    counterOf: (chat) => chat,
    close: async () => undefined,
  };
}
