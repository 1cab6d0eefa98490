/** Source of the live graph on an engine without Pub/Sub of its own: reads all subscriptions of the graph, in rounds. */
import { randomBytes } from 'node:crypto';
import type { MessageBus, Subscription } from '../../../connectors/bus/port.ts';
import { systemClock } from '../../../connectors/clock/system.ts';
import type { TopicName } from '../../../schemas/topics.ts';
import { busEdges } from '../../runners/embedded/bus-edges.ts';
import { Completeness } from '../../runners/embedded/completeness.ts';
import { doFnPayload, PUBSUB_READ_URN, PubSubRead } from '../dofns.ts';
import { stopHooks } from '../stop-hooks.ts';
import { openLiveBus } from './live-bus.ts';
import { LiveSession, type Position } from './live-session.ts';
import { registerSplittable } from './sdf.ts';
import { SessionSlot } from './session-slot.ts';

/** The subscription with a message of every second. */
const SNAPSHOTS = 'book-snapshots';
/** Longest time from a message to the checkpoint that holds it. Unit: ms. */
const DEADLINE_MS = 3_600_000;
/** Messages between two checkpoints. */
const OUTSTANDING = 500_000;
const START: Position = { session: null, round: 0, watermarkMs: null };

/** What reads in this process, by payload. */
const slots = new Map<string, SessionSlot>();

registerSplittable(PUBSUB_READ_URN, ({ payload }) => {
  const key = Buffer.from(payload).toString('utf8');
  const read = doFnPayload(PubSubRead, payload);
  return {
    initial: () => bytesOf(START),
    process: async (_start, rest, emit) => {
      const { position, ...round } = await slotOf(key, read).round(positionOf(rest), emit);
      return { ...round, rest: bytesOf(position) };
    },
  };
});

function positionOf(rest: Uint8Array): Position {
  return JSON.parse(Buffer.from(rest).toString('utf8'));
}

function bytesOf(position: Position): Uint8Array {
  return Buffer.from(JSON.stringify(position));
}

function slotOf(key: string, read: PubSubRead): SessionSlot {
  const known = slots.get(key);
  if (known) return known;
  const slot = new SessionSlot((from) => open(read, from));
  slots.set(key, slot);
  // Otherwise what it holds would come again only when its leases end.
  stopHooks.add(() => slot.close());
  return slot;
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
      bus,
      clock: systemClock,
      allowedDisorderMs: read.allowedDisorderMs,
      subscriptions,
      mayBeSilent: new Set<string>(),
      evidence: { completeness, snapshots: SNAPSHOTS },
    });
    const readers = new Map(read.subscriptions.map((name) => [name, edges.openSource(name)]));
    const id = randomBytes(12).toString('hex');
    return new LiveSession({ id, readers, clock: systemClock, from, close: () => bus.close() });
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
