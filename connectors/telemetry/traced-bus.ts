/** Stages that end when the bus has taken a message: a bus that measures them as it publishes. */
import { PositionEvent } from '../../schemas/position-event.ts';
import { MINUTE_MS, pairOf, streamKey } from '../../schemas/primitives.ts';
import { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { ATTRIBUTES, type TopicName } from '../../schemas/topics.ts';
import { barOfSignal, type TracedBar } from '../../schemas/trace.ts';
import { jsonRecord } from '../bus/json-record.ts';
import type { Delivery, MessageBus, OutgoingMessage, Subscription } from '../bus/port.ts';
import type { FeedMessages } from '../feed/feed-io.ts';
import type { Stages } from './stages.ts';

type Addressed = Pick<OutgoingMessage, 'attributes' | 'orderingKey'>;
type Measure = (stages: Stages, message: OutgoingMessage) => void;

const SNAPSHOTS = 'book-snapshots';
/** Parts of the records that are read here. */
const Signal = ScalpSignal.pick({ id: true, venue: true, symbol: true, pair: true, timestamp: true });
const Decided = PositionEvent.pick({
  id: true,
  kind: true,
  signalId: true,
  refusal: true,
  reason: true,
  book: true,
});

const MEASURES: Partial<Record<TopicName, Measure>> = {
  [SNAPSHOTS]: (stages, message) => {
    const bar = barEndingWith(message);
    if (bar === null) return;
    const id = lastOf(message);
    stages.ended({
      stage: 'relay',
      bar,
      id,
      after: takenOf(id),
      sinceMs: bar.closeMs,
      attributes: whereOf(message),
    });
  },
  'trade-signals-micro': (stages, { data }) => {
    const { id, venue, symbol, pair, timestamp: closeMs } = jsonRecord(Signal, data).record;
    const bar = { pair, closeMs };
    const last = `${streamKey(venue, symbol)}:${closeMs}`;
    const wait = `wait ${last}`;
    const endMs = stages.passedAt(closeMs);
    stages.ended({ stage: 'wait', bar, id: wait, after: last, sinceMs: closeMs, endMs });
    stages.ended({ stage: 'graph', bar, id, after: wait, sinceMs: closeMs, attributes: { signal: id } });
  },
  'macro-bias-updates': macro,
  'trade-signals-macro': macro,
  'position-events': (stages, { data }) => {
    const { id, kind, signalId: signal, refusal, reason, book = '' } = jsonRecord(Decided, data).record;
    const what = {
      bar: barOfSignal(signal),
      id,
      attributes: { signal, book, outcome: refusal ?? kind, reason },
    };
    if (kind === 'DECISION') stages.ended({ ...what, stage: 'desk', after: signal });
    if (kind === 'ENTRY') stages.ended({ ...what, stage: 'fill', after: id.replace(/ENTRY$/, 'DECISION') });
  },
};

function macro(stages: Stages, { attributes, orderingKey: pair }: OutgoingMessage): void {
  const id = attributes[ATTRIBUTES.id] ?? '';
  const closeMs = Number(attributes[ATTRIBUTES.eventTime]);
  const isSwing = barOfSignal(id) !== null;
  const told = isSwing ? { signal: id } : { bias: id };
  stages.ended({ stage: 'macro', bar: { pair, closeMs }, id, after: '', sinceMs: closeMs, attributes: told });
}

/** The same bus. What is measured is what it took; a subscription tells when another process had published. */
export function tracedBus(bus: MessageBus, stages: Stages): MessageBus {
  return {
    async publish(topic, messages) {
      await bus.publish(topic, messages);
      for (const message of messages) measure(stages, topic, message);
    },
    async subscribe(topic, name, options) {
      const subscription = await bus.subscribe(topic, name, options);
      return topic in MEASURES ? tracedSubscription(subscription, topic, stages) : subscription;
    },
    close: () => bus.close(),
  };
}

/** The bus has it by now: whoever published must not be told otherwise, whatever goes wrong here. */
function measure(stages: Stages, topic: TopicName, message: OutgoingMessage): void {
  try {
    MEASURES[topic]?.(stages, message);
  } catch {
    // It is not measured.
  }
}

function tracedSubscription(subscription: Subscription, topic: TopicName, stages: Stages): Subscription {
  return {
    async pull(max) {
      const deliveries = await subscription.pull(max);
      for (const delivery of deliveries) delivered(stages, topic, delivery);
      return deliveries;
    },
    oldestPending: () => subscription.oldestPending(),
    backlog: () => subscription.backlog(),
    close: () => subscription.close(),
  };
}

/** A message comes: the stage that published it had ended when the bus took it. */
export function delivered(
  stages: Stages,
  topic: TopicName,
  message: Pick<Delivery, 'attributes' | 'orderingKey' | 'publishTimeMs'>,
): void {
  if (!(topic in MEASURES)) return;
  const isBarEnd = topic === SNAPSHOTS && barEndingWith(message) !== null;
  const id = topic === SNAPSHOTS ? isBarEnd && lastOf(message) : message.attributes[ATTRIBUTES.id];
  if (id) stages.arrived(id, message.publishTimeMs);
}

/** A signal comes of a graph that nobody measures: all of its way from bar close to the bus is one stage. */
export function graphTold(
  stages: Stages,
  topic: TopicName,
  { attributes, publishTimeMs: endMs }: Pick<Delivery, 'attributes' | 'publishTimeMs'>,
): void {
  const signal = attributes[ATTRIBUTES.id] ?? '';
  const bar = topic === 'trade-signals-micro' ? barOfSignal(signal) : null;
  const told = { signal, engine: 'dataflow' };
  stages.ended({
    stage: 'graph',
    bar,
    id: signal,
    after: '',
    sinceMs: bar?.closeMs,
    endMs,
    attributes: told,
  });
}

/** What a feed tells, as it is handed to the outbox: with the snapshot of a bar's last second all of the bar is there. */
export function feedTold(stages: Stages, all: readonly FeedMessages[]): void {
  for (const { topic, messages } of all) {
    if (topic !== SNAPSHOTS) continue;
    for (const message of messages) {
      const bar = barEndingWith(message);
      if (bar === null) continue;
      const id = takenOf(lastOf(message));
      stages.ended({
        stage: 'exchange',
        bar,
        id,
        after: '',
        sinceMs: bar.closeMs,
        attributes: whereOf(message),
      });
    }
  }
}

/** Of a snapshot; null where its second is not the last of a minute. Behind it on the bus no trade of the bar is left. */
function barEndingWith({ attributes, orderingKey }: Addressed): TracedBar | null {
  const closeMs = Number(attributes[ATTRIBUTES.eventTime]);
  return closeMs % MINUTE_MS === 0 ? { pair: pairOf(symbolOf(orderingKey)), closeMs } : null;
}

function lastOf({ attributes, orderingKey }: Addressed): string {
  return `${orderingKey}:${attributes[ATTRIBUTES.eventTime]}`;
}

function takenOf(last: string): string {
  return `taken ${last}`;
}

function whereOf({ orderingKey }: OutgoingMessage): Record<string, string> {
  return { venue: orderingKey.slice(0, orderingKey.indexOf(':')), symbol: symbolOf(orderingKey) };
}

/** Of `bybit:BTCUSDT`. */
function symbolOf(orderingKey: string): string {
  return orderingKey.slice(orderingKey.indexOf(':') + 1);
}
