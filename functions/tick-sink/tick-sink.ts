/** Trades into history, now and then: reads what has gathered on the bus since the last time, and writes it by the ten thousand. */
import { Gathering } from '../../connectors/bus/gathering.ts';
import type { MessageBus } from '../../connectors/bus/port.ts';
import type { Clock } from '../../connectors/clock/port.ts';
import { type WritePorts, writeMessages } from '../../connectors/history/write.ts';

export interface TickSinkPorts extends WritePorts {
  readonly bus: MessageBus;
  readonly clock: Clock;
}

export interface TickSinkLimits {
  /** Held at once, and written together: some 500 bytes of memory each, and as much for each of their trades. */
  readonly maxMessages: number;
  /** After which nothing more is begun. Unit: ms. */
  readonly maxRunMs: number;
  /** How long it waits for the first of them, and then for more. Unit: ms. */
  readonly firstMs: number;
  readonly moreMs: number;
}

export const LIMITS: TickSinkLimits = {
  maxMessages: 20_000,
  maxRunMs: 180_000,
  firstMs: 5_000,
  moreMs: 2_000,
};

export interface TickSinkRun {
  readonly messages: number;
  readonly rows: number;
  /** Nothing is left of what was published before it began. */
  readonly isCaughtUp: boolean;
}

const TOPIC = 'raw-tick-data';
/** As schemas/topics.ts has it. */
const READER = 'tick-sink';

/**
 * Acknowledges what is durable. A run that fails gives back what it held, and the next one goes on: rows that were written
 * and not acknowledged are then there twice, which `bq/staging` undoes by their trades' ids.
 * @throws UpstreamError where bus or history do not take what they should
 */
export async function sinkTicks(ports: TickSinkPorts, limits: TickSinkLimits = LIMITS): Promise<TickSinkRun> {
  const { bus, clock } = ports;
  const { maxMessages, maxRunMs, firstMs, moreMs } = limits;
  const beganMs = clock.now();
  const subscription = await bus.subscribe(TOPIC, READER, { maxOutstanding: maxMessages });
  const gathering = new Gathering(subscription, clock);
  let [messages, rows] = [0, 0];
  try {
    while (clock.now() < beganMs + maxRunMs) {
      const first = await gathering.within(firstMs, 1);
      const more = first.length === 0 ? [] : await gathering.within(moreMs, maxMessages - first.length);
      const deliveries = [...first, ...more];
      rows += await writeMessages(ports, TOPIC, deliveries);
      for (const delivery of deliveries) delivery.ack();
      messages += deliveries.length;
      // What is published while it runs is the next one's: a market that never rests would keep it for ever.
      const isCaughtUp = deliveries.every(({ publishTimeMs }) => publishTimeMs >= beganMs);
      if (isCaughtUp || subscription.backlog() === 0) return { messages, rows, isCaughtUp: true };
    }
    return { messages, rows, isCaughtUp: false };
  } finally {
    await subscription.close();
  }
}
