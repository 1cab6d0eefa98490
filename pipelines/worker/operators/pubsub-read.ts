/** Source of the live graph on an engine without Pub/Sub of its own: reads all subscriptions of the graph, in rounds. */

import type { MessageBus, Subscription } from '../../../connectors/bus/port.ts';
import { systemClock } from '../../../connectors/clock/system.ts';
import type { TopicName } from '../../../schemas/topics.ts';
import { busEdges } from '../../runners/embedded/bus-edges.ts';
import { Completeness } from '../../runners/embedded/completeness.ts';
import { PUBSUB_READ_URN, PubSubRead } from '../dofns.ts';
import { openLiveBus } from './live-bus.ts';
import { LiveSession, type Position } from './live-session.ts';
import { registerSplittable } from './sdf.ts';

/** The subscription with a message of every second. */
const SNAPSHOTS = 'book-snapshots';
/** Longest time from a message to the checkpoint that holds it. Unit: ms. */
const DEADLINE_MS = 3_600_000;
/** Messages between two checkpoints. */
const OUTSTANDING = 500_000;
const START: Position = { round: 0, watermarkMs: null };

/** Sessions of this process, by payload. */
const sessions = new Map<string, Promise<LiveSession>>();

registerSplittable(PUBSUB_READ_URN, ({ payload }) => {
  const key = Buffer.from(payload).toString('utf8');
  const read = PubSubRead.parse(JSON.parse(key));
  return {
    initial: () => bytesOf(START),
    process: async (_start, rest, emit) => {
      const session = await sessionAt(key, read, JSON.parse(Buffer.from(rest).toString('utf8')));
      try {
        const { position, ...round } = await session.round(emit);
        return { ...round, rest: bytesOf(position) };
      } catch (error) {
        sessions.delete(key);
        await session.close();
        throw error;
      }
    },
  };
});

function bytesOf(position: Position): Uint8Array {
  return Buffer.from(JSON.stringify(position));
}

/** The open one, or one that reads everything again which is not acknowledged. */
async function sessionAt(key: string, read: PubSubRead, position: Position): Promise<LiveSession> {
  const known = await sessions.get(key);
  if (known?.isAt(position)) return known;
  sessions.delete(key);
  await known?.close();
  const opening = open(read, position);
  sessions.set(key, opening);
  opening.catch(() => sessions.delete(key));
  return opening;
}

async function open(read: PubSubRead, from: Position): Promise<LiveSession> {
  const { project, endpoint, create, leaseMs, pullStreams: streams } = read;
  const bus = await openLiveBus({ project, endpoint, create, leaseMs, streams });
  try {
    const subscriptions = await subscribe(bus, read.subscriptions as TopicName[]);
    const completeness = new Completeness({
      keys: read.streams,
      sinceMs: Math.max(read.sinceMs, from.watermarkMs ?? read.sinceMs),
      patienceMs: read.patienceMs,
      nowMs: systemClock.now(),
    });
    const edges = busEdges({
      ...{ bus, clock: systemClock, allowedDisorderMs: read.allowedDisorderMs, subscriptions },
      mayBeSilent: new Set<string>(),
      evidence: { completeness, snapshots: SNAPSHOTS },
    });
    const readers = new Map(read.subscriptions.map((name) => [name, edges.openSource(name)]));
    return new LiveSession({ readers, clock: systemClock, from, close: () => bus.close() });
  } catch (error) {
    await bus.close();
    throw error;
  }
}

/** The graph's subscriptions carry their topics' names. */
async function subscribe(bus: MessageBus, topics: readonly TopicName[]): Promise<Map<string, Subscription>> {
  const limits = { ackDeadlineMs: DEADLINE_MS, maxOutstanding: OUTSTANDING };
  const opened = await Promise.all(topics.map((topic) => bus.subscribe(topic, 'graph', limits)));
  return new Map(topics.map((topic, i) => [topic, opened[i]!]));
}
