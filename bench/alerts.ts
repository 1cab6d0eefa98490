/** From a bar's close being certain to its alert being handed to the messenger: bus, graph, desk, outbox, disk included. */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedBus } from '../connectors/bus/embedded.ts';
import type { MessageBus } from '../connectors/bus/port.ts';
import { acceleratedClock } from '../connectors/clock/accelerated.ts';
import type { Clock } from '../connectors/clock/port.ts';
import { systemClock } from '../connectors/clock/system.ts';
import type { Messenger } from '../connectors/messenger/port.ts';
import { openSqliteStore } from '../connectors/state/sqlite.ts';
import { openEmbeddedTasks } from '../connectors/tasks/embedded.ts';
import { sinkState } from '../functions/state-sink/subscriber.ts';
import { NotifierSettings } from '../functions/telegram-notifier/settings.ts';
import { runNotifier } from '../functions/telegram-notifier/subscriber.ts';
import { runDesk } from '../functions/trade-desk/subscriber.ts';
import { GraphService } from '../pipelines/graph-service.ts';
import { DeskConfig } from '../schemas/desk-params.ts';
import { SignalParams } from '../schemas/params.ts';
import { MINUTE_MS } from '../schemas/primitives.ts';
import type { TopicName } from '../schemas/topics.ts';
import { play, SYMBOLS } from './alerts-feed.ts';
import { type Benchmark, percentile, type Row } from './benchmark.ts';
import { tryDisk } from './disk.ts';
import { candlesBefore, random, START, VENUE, warmCandles } from './market.ts';

/** So many closes are correlated, and kept of each pair. */
const DAY = 1_440;
/** The compiler's. */
const WARM_UP_MINUTES = 2;
/** So that nearly every bar of a pair is a signal: the way of one is measured, not how rare it is. */
const PARAMS = SignalParams.parse({
  levels: { touchTolerance: 0.02, wickTolerance: 0.02, minTouches: 1, recentHours: 30 },
  exhaustion: { volumeDropBelow: 10, voidAbove: 10, rsiHigh: 50, rsiLow: 50 },
  srExhaustion: { minChecks: 1, minChecksAgainstTrend: 1 },
});
const SIGNAL_ID = /sr-exhaustion:default:\w+:(?:LONG|SHORT):(\d+)/;
const STAGES = ['signal', 'decision', 'alert'] as const;
type Stage = (typeof STAGES)[number];
async function measure(): Promise<Row> {
  const dir = mkdtempSync(join(tmpdir(), 'alerts-bench-'));
  const disk = tryDisk(join(dir, 'tried'));
  try {
    const stages = await reachedStages(dir);
    return rowOf(stages, await disk.stop());
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** When each signal first reached a stage: the instant, less its bar's close and the allowed disorder. Unit: ms. */
class Stages {
  readonly #clock: Clock;
  readonly #taken: Readonly<Record<Stage, Map<string, number>>> = {
    signal: new Map(),
    decision: new Map(),
    alert: new Map(),
  };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A text that tells of no signal, or of one of the warm-up, is passed over. */
  reached(stage: Stage, text: string): void {
    const [id, close] = SIGNAL_ID.exec(text) ?? [];
    if (id === undefined || Number(close) <= START + WARM_UP_MINUTES * MINUTE_MS) return;
    const ms = this.#clock.now() - Number(close) - PARAMS.market.allowedDisorderMs;
    if (!this.#taken[stage].has(id)) this.#taken[stage].set(id, ms);
  }

  /** Ascending. */
  latencies(stage: Stage): number[] {
    return [...this.#taken[stage].values()].sort((a, b) => a - b);
  }
}

async function reachedStages(dir: string): Promise<Stages> {
  const clock = acceleratedClock({ start: START, speed: 1, base: systemClock, isHeld: true });
  const stages = new Stages(clock);
  const reached = (stage: Stage, text: string) => stages.reached(stage, text);
  const messenger = watching((html) => reached('alert', html));
  const bus = await openEmbeddedBus({ dir: join(dir, 'bus'), clock: systemClock });
  await watchTopic(bus, 'trade-signals-micro', (text) => reached('signal', text));
  await watchTopic(bus, 'position-events', (text) => reached('decision', text));
  const closes = await openFunctions(dir, bus, clock, messenger);
  const candles = warmCandles(SYMBOLS);
  const graph = await GraphService.open({
    bus,
    clock,
    project: 'bench',
    venue: VENUE,
    symbols: SYMBOLS,
    params: PARAMS,
    fetchKlines: async ({ symbol, interval }) =>
      candles.filter((candle) => candle.symbol === symbol && candle.interval === interval),
    onWarm: () => clock.begin(),
    notice: (line) => process.stderr.write(`${line}\n`),
  });
  const running = graph.run();
  await play(bus, clock);
  await graph.stop();
  await running;
  for (const close of closes) await close();
  await bus.close();
  return stages;
}

async function watchTopic(bus: MessageBus, topic: TopicName, onText: (text: string) => void): Promise<void> {
  const subscription = await bus.subscribe(topic, 'bench');
  void (async () => {
    for (;;) {
      const deliveries = await subscription.pull(100);
      if (deliveries.length === 0) return;
      for (const delivery of deliveries) {
        onText(Buffer.from(delivery.data).toString());
        delivery.ack();
      }
    }
  })();
}

/** As `cst start` has them: every signal becomes an alert, once the desk has decided. */
async function openFunctions(dir: string, bus: MessageBus, clock: Clock, messenger: Messenger) {
  const store = await openSqliteStore({ path: join(dir, 'state.sqlite'), clock });
  const tasks = openEmbeddedTasks({ path: join(dir, 'tasks.sqlite'), clock: systemClock });
  const sink = await sinkState({ store, bus, clock });
  const notifier = await runNotifier({
    bus,
    messenger,
    tasks,
    clock: systemClock,
    path: join(dir, 'outbox.sqlite'),
    unlimited: ['1'],
    settings: NotifierSettings.parse({ chats: ['1'], refusal: 'on' }),
  });
  const config = DeskConfig.parse({});
  const desk = await runDesk({ store, bus, clock, config });
  await desk.desk.remember(
    SYMBOLS.flatMap((symbol, i) => candlesBefore(START, symbol, '1m', DAY, random(i))),
  );
  return [desk, notifier, tasks, sink, store].map((part) => () => part.close());
}

/** Tells of each text at the instant it is handed over; takes all. */
function watching(onText: (html: string) => void): Messenger {
  let last = 0;
  const done = <T>(value: T) => Promise.resolve({ kind: 'done' as const, value });
  return {
    send: ({ html }) => {
      onText(html);
      last += 1;
      return done(last);
    },
    sendPhoto: () => done(0),
    edit: () => done(null),
    probe: () => done('nothing' as const),
    answerPress: () => done(null),
    counterOf: () => 'bench',
    close: async () => undefined,
  };
}

function rowOf(stages: Stages, disk: readonly number[]): Row {
  const columns: Record<string, readonly number[]> = { 'disk sync': disk };
  for (const stage of STAGES) columns[stage] = stages.latencies(stage);
  const cells = Object.entries(columns).flatMap(([name, times]) => {
    const ms = (share: number) => `${percentile(times, share).toFixed(0)} ms`;
    return [[`${name}: p50`, ms(0.5)] as const, [`${name}: p99`, ms(0.99)] as const];
  });
  const [load = 0] = loadavg();
  const alerts = String(stages.latencies('alert').length);
  return { load: load.toFixed(1), alerts, ...Object.fromEntries(cells) };
}

export const alerts: Benchmark = {
  name: 'alerts',
  about:
    '25 symbols of 200 trades a second in real time: batches each 100 ms and snapshots each second on the embedded bus, the whole graph, state sink, trade desk, notifier with its outbox, all on disk in one process. Time from a bar’s close plus the allowed disorder of 2 s to the alert being handed to the messenger, which takes it at once. Parameters make a signal of nearly every bar, so that all symbols’ alerts come at once: the last waits for those before it. “Signal”, “decision”, “alert”: its message is on the bus, the desk’s event is, the messenger has it. “Load”: processes that wanted a core in the last minute; “disk sync”: a page written and synced meanwhile, of which each alert waits for three.',
  cases: [{ name: '25 pairs × 200 trades/s', goal: 'p99 ≤ 50 ms', run: measure }],
};
