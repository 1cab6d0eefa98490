import { describe, expect, it } from 'vitest';
import type { PositionEvent } from '../../schemas/position-event.ts';
import type { TopicName } from '../../schemas/topics.ts';
import type { Delivery, MessageBus, OutgoingMessage, Subscription } from '../bus/port.ts';
import { ManualClock } from '../clock/manual.ts';
import type { StageSpan } from './port.ts';
import { CLOSE, SIGNAL, span } from './span.fixture.ts';
import { Stages } from './stages.ts';
import { delivered, feedTold, graphTold, tracedBus } from './traced-bus.ts';

const KEY = 'bybit:SOLUSDT';
const BAR_END = { venue: 'bybit', symbol: 'SOLUSDT' };

function opened(pulled: readonly Delivery[] = []) {
  const spans: StageSpan[] = [];
  const clock = new ManualClock(CLOSE);
  const stages = new Stages({ telemetry: { record: (one) => void spans.push(one) }, clock });
  const published: [TopicName, readonly OutgoingMessage[]][] = [];
  const subscription: Subscription = {
    pull: async () => pulled,
    oldestPending: () => 5,
    backlog: () => 6,
    close: async () => {},
  };
  const bus: MessageBus = {
    publish: async (topic, messages) => void published.push([topic, messages]),
    subscribe: async () => subscription,
    close: async () => {},
  };
  const at = (ms: number) => clock.advanceTo(CLOSE + ms);
  return { spans, stages, published, at, bus: tracedBus(bus, stages) };
}

function message(ts: number, orderingKey: string, record: object = {}): OutgoingMessage {
  const { id = `${orderingKey}:${ts}` } = record as { id?: string };
  return { data: Buffer.from(JSON.stringify(record)), attributes: { id, ts: String(ts) }, orderingKey };
}

const iso = new Date(CLOSE).toISOString();
const signalMessage = message(CLOSE, 'SOLUSDT', { id: SIGNAL, ...BAR_END, pair: 'SOLUSDT', timestamp: iso });

function event(kind: PositionEvent['kind'], refusal: PositionEvent['refusal'] = null): OutgoingMessage {
  const id = `${SIGNAL}:default:${kind}`;
  return message(CLOSE, 'SOLUSDT', {
    id,
    kind,
    signalId: SIGNAL,
    refusal,
    reason: 'So it is.',
    book: 'default',
  });
}

describe('a bus that measures', () => {
  it('partitions the way of a signal from bar close to entry', async () => {
    const { spans, stages, at, bus } = opened();
    const last = message(CLOSE, KEY);
    await at(120);
    feedTold(stages, [{ topic: 'book-snapshots', messages: [message(CLOSE - 1_000, KEY), last] }]);
    await at(180);
    await bus.publish('book-snapshots', [message(CLOSE - 1_000, KEY), last]);
    await at(2_100);
    stages.passed(CLOSE + 100);
    await at(2_130);
    await bus.publish('trade-signals-micro', [signalMessage]);
    await at(2_150);
    await bus.publish('position-events', [event('DECISION')]);
    await at(2_190);
    await bus.publish('position-events', [event('ENTRY'), event('EXIT')]);
    const told = { signal: SIGNAL, book: 'default', reason: 'So it is.' };
    expect(spans).toEqual([
      span('exchange', [0, 120], { id: `taken ${KEY}:${CLOSE}`, ...BAR_END }),
      span('relay', [120, 180], { id: `${KEY}:${CLOSE}`, ...BAR_END }),
      span('wait', [180, 2_100], { id: `wait ${KEY}:${CLOSE}` }),
      span('graph', [2_100, 2_130], { id: SIGNAL, signal: SIGNAL }),
      span('desk', [2_130, 2_150], { id: `${SIGNAL}:default:DECISION`, ...told, outcome: 'DECISION' }),
      span('fill', [2_150, 2_190], { id: `${SIGNAL}:default:ENTRY`, ...told, outcome: 'ENTRY' }),
    ]);
  });

  it('begins where the bus had it, in a process that reads what another published', async () => {
    const settled = { messageId: '1', attempt: 1, ack() {}, nack() {} };
    const pulled = [message(CLOSE, KEY), signalMessage].map((one, i) => ({
      ...one,
      ...settled,
      publishTimeMs: CLOSE + 150 + i * 2_000,
    }));
    const { spans, stages, at, bus } = opened(pulled);
    const subscription = await bus.subscribe('trade-signals-micro', 'desk');
    expect([subscription.oldestPending(), subscription.backlog()]).toEqual([5, 6]);
    expect(await subscription.pull(2)).toBe(pulled);
    await at(2_200);
    await bus.publish('position-events', [event('DECISION', 'COOLDOWN')]);
    expect(spans).toMatchObject([{ ...span('desk', [2_150, 2_200]), attributes: { outcome: 'COOLDOWN' } }]);
    delivered(stages, 'book-snapshots', pulled[0]!);
    stages.passed(CLOSE + 1);
    await bus.publish('trade-signals-micro', [signalMessage]);
    expect(spans[1]).toEqual(span('wait', [150, 2_200], { id: `wait ${KEY}:${CLOSE}` }));
  });

  it('tells of a graph that nobody measured, once, and of signals alone', () => {
    const { spans, stages } = opened();
    const told = { ...signalMessage, publishTimeMs: CLOSE + 2_345 };
    graphTold(stages, 'trade-signals-micro', told);
    graphTold(stages, 'trade-signals-micro', { ...told, publishTimeMs: CLOSE + 9_000 });
    graphTold(stages, 'market-features', told);
    expect(spans).toEqual([span('graph', [0, 2_345], { id: SIGNAL, signal: SIGNAL, engine: 'dataflow' })]);
  });

  it('measures MACRO from its slot on', async () => {
    const { spans, at, bus } = opened();
    await at(10_400);
    await bus.publish('macro-bias-updates', [message(CLOSE, 'SOLUSDT', { id: `SOLUSDT:${CLOSE}` })]);
    const swing = `SOLUSDT:LONG:${CLOSE}`;
    await bus.publish('trade-signals-macro', [message(CLOSE, 'SOLUSDT', { id: swing })]);
    expect(spans).toEqual([
      span('macro', [0, 10_400], { id: `SOLUSDT:${CLOSE}`, bias: `SOLUSDT:${CLOSE}` }),
      span('macro', [0, 10_400], { id: swing, signal: swing }),
    ]);
  });

  it('publishes all the same what it cannot read', async () => {
    const { spans, published, bus } = opened();
    const damaged = [{ data: Buffer.from('{'), attributes: {}, orderingKey: '' }];
    for (const topic of [
      'trade-signals-micro',
      'position-events',
      'book-snapshots',
      'macro-bias-updates',
      'raw-tick-data',
    ] as const) {
      await bus.publish(topic, damaged);
    }
    expect([published.length, spans]).toEqual([5, []]);
  });

  it('tells nobody that a message was not published because it could not be measured', async () => {
    const record = () => {
      throw new TypeError('a defect of telemetry');
    };
    const { bus, published } = opened();
    const stages = new Stages({ telemetry: { record }, clock: new ManualClock(CLOSE) });
    await tracedBus(bus, stages).publish('trade-signals-micro', [signalMessage]);
    expect(published).toEqual([['trade-signals-micro', [signalMessage]]]);
  });
});
