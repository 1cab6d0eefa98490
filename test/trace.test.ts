/** One signal through the whole stack in one process: measured by every stage, once, without a gap. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { CONSOLE_CHAT } from '../cli/local-messenger.ts';
import { LocalStack } from '../cli/local-stack.ts';
import { type MarketSource, simulatedSource } from '../cli/market-source.ts';
import { DEFAULT_STACK_CONFIG } from '../cli/stack-config.ts';
import type { StageSpan } from '../connectors/telemetry/port.ts';
import { readSpans, SPAN_FILE } from '../connectors/telemetry/span-file.ts';
import { DEFAULT_PARAMS } from '../schemas/params.ts';
import { TOPIC_NAMES, type TopicName } from '../schemas/topics.ts';
import { barOfSignal, type TraceStage, traceAttribute, traceIdIn, traceIdOf } from '../schemas/trace.ts';

const SYMBOLS = ['SOLUSDT', 'XRPUSDT'];
const START = Date.UTC(2026, 0, 5, 9, 26);
const PATIENCE = { timeout: 50_000, interval: 20 };
const WAY: readonly TraceStage[] = [
  'exchange',
  'relay',
  'wait',
  'graph',
  'desk',
  'fill',
  'notifier',
  'telegram',
  'chart',
];

interface Run {
  readonly dir: string;
  readonly spans: readonly StageSpan[];
  /** Of each topic, the trace ids of its messages. */
  readonly wire: ReadonlyMap<TopicName, ReadonlySet<string>>;
  readonly signal: string;
}

/** Until a stage has ended: of any signal, where none is named. */
async function runStack(stage: TraceStage, signal?: string): Promise<Run> {
  const dir = mkdtempSync(join(tmpdir(), 'trace-'));
  const source: MarketSource = await simulatedSource({
    seed: 1,
    speed: 600,
    symbols: SYMBOLS,
    startMs: START,
  });
  const spans: StageSpan[] = [];
  const stack = await LocalStack.open({
    source,
    symbols: SYMBOLS,
    params: DEFAULT_PARAMS,
    config: DEFAULT_STACK_CONFIG,
    dir,
    seed: 1,
    survives: 'process',
    telegram: null,
    notice: () => {},
    onChart: () => {},
    telemetry: { record: (span) => void spans.push(span) },
  });
  const wire = new Map(TOPIC_NAMES.map((topic) => [topic, new Set<string>()]));
  for (const topic of TOPIC_NAMES) await listen(stack, topic, wire.get(topic)!);
  const running = stack.run();
  try {
    const isIt = (span: StageSpan) =>
      span.stage === stage && span.attributes.signal === (signal ?? span.attributes.signal);
    const found = await vi.waitFor(() => spans.find(isIt) ?? expect.fail(`No ${stage}.`), PATIENCE);
    return { dir, spans, wire, signal: String(found.attributes.signal) };
  } finally {
    await stack.stop();
    await running;
    await source.close();
  }
}

async function listen(stack: LocalStack, topic: TopicName, ids: Set<string>): Promise<void> {
  const subscription = await stack.subscribe(topic, 'test');
  void (async () => {
    for (;;) {
      const deliveries = await subscription.pull(1_000);
      if (deliveries.length === 0) return;
      for (const delivery of deliveries) {
        ids.add(traceIdIn(delivery.attributes) ?? '');
        delivery.ack();
      }
    }
  })();
}

/** From the chart back to the exchange: of each stage the one whose end is the next one's beginning. */
function wayOf({ spans, signal }: Run): StageSpan[] {
  const traceId = traceIdOf(barOfSignal(signal)!);
  const isOurs = ({ attributes }: StageSpan) => (attributes.signal ?? signal) === signal;
  return spans
    .filter((span) => span.traceId === traceId && isOurs(span))
    .toSorted((a, b) => WAY.indexOf(a.stage) - WAY.indexOf(b.stage));
}

let run: Run;
beforeAll(async () => {
  run = await runStack('chart');
}, 60_000);

describe('a signal that became an alert', () => {
  it('is measured once by each stage', () => {
    expect(wayOf(run).map(({ stage }) => stage)).toEqual(WAY);
  });

  it('spent in its stages, to the millisecond, what lies between bar close and chart', () => {
    const way = wayOf(run);
    const { closeMs } = barOfSignal(run.signal)!;
    expect(way[0]!.startMs).toBe(closeMs);
    for (const [i, span] of way.slice(1).entries()) expect(span.startMs, span.stage).toBe(way[i]!.endMs);
    const sum = way.reduce((total, { startMs, endMs }) => total + endMs - startMs, 0);
    expect(sum).toBe(way.at(-1)!.endMs - closeMs);
    const wait = way.find(({ stage }) => stage === 'wait')!;
    expect(wait.endMs - closeMs).toBeGreaterThanOrEqual(DEFAULT_PARAMS.market.allowedDisorderMs);
  });

  it('carries one trace on the wire, from trades to position events', () => {
    const traceId = traceIdIn(traceAttribute(barOfSignal(run.signal)))!;
    const without = TOPIC_NAMES.filter((topic) => !run.wire.get(topic)!.has(traceId));
    // A bar of a minute closes no 15m bar, which levels and biases are of, and opens no swing.
    const ofLongerBars = ['market-levels', 'macro-bias-updates', 'trade-signals-macro'];
    expect(without.filter((topic) => !ofLongerBars.includes(topic))).toEqual(['feed-events', 'dead-letters']);
    for (const topic of TOPIC_NAMES.slice(0, 9)) expect(run.wire.get(topic), topic).not.toContain('');
  });

  it('is kept in the folder, with the clock that it was measured by', async () => {
    const kept = await readSpans(join(run.dir, SPAN_FILE));
    expect(kept.map(({ clockTitle: _, ...span }) => span)).toEqual(run.spans);
    expect(new Set(kept.map(({ clockTitle }) => clockTitle))).toEqual(
      new Set(['simulated exchange (seed 1), 600×']),
    );
    const telegram = wayOf(run).find(({ stage }) => stage === 'telegram')!;
    expect(telegram.attributes).toMatchObject({
      chat: CONSOLE_CHAT,
      outcome: 'SENT',
      message: expect.any(Number),
    });
  });
});

it('has the same trace and the same ids in another run of the same market', async () => {
  const again = await runStack('graph', run.signal);
  const names = (of: Run) =>
    wayOf(of).map(({ traceId, stage, attributes }) => `${traceId} ${stage} ${attributes.id}`);
  expect(names(again).slice(0, 4)).toEqual(names(run).slice(0, 4));
}, 60_000);
