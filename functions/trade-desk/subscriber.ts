/** The desk in the one process of a laptop or a node: it reads the bus itself, and looks at the clock each second. */
import type { Delivery } from '../../connectors/bus/port.ts';
import type { Clock } from '../../connectors/clock/port.ts';
import type { Meter } from '../../connectors/metrics/meter.ts';
import type { DeskParams } from '../../schemas/desk-params.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { readTopics } from '../readers.ts';
import { commandsOf } from './commands.ts';
import { type AccountPorts, bookOnAccount } from './execution.ts';
import { DESK_SUBSCRIPTION, DESK_TOPICS, takeMessage } from './messages.ts';
import { deskSamples } from './metrics.ts';
import { type DeskPorts, TradeDesk } from './run.ts';
import { type RunningExecution, runExecution } from './run-execution.ts';
import type { Book } from './state.ts';

export interface RunDeskOptions extends DeskPorts {
  readonly clock: Clock;
  /** Told of each failed attempt; the messages come again. */
  readonly onError?: (error: unknown) => void;
  /** Needed where a book lives on it. It stays open. */
  readonly account?: AccountPorts;
  readonly meter?: Meter | undefined;
}

export interface RunningDesk {
  /** To be told what comes by no topic: commands, what the exchange holds. */
  readonly desk: TradeDesk;
  /** Finishes what it holds, then stops; what was not decided is not acknowledged. */
  close(): Promise<void>;
}

/** Messages taken together at most; those of one key one after the other. */
const MAX_MESSAGES = 100;
/** Unit: ms of the clock. */
const TICK_MS = 1_000;

/**
 * Subscribes the desk's topics; a message is acknowledged once what follows from it is durable and published.
 * @throws ConfigError where a book is to live on an account and there is none.
 */
export async function runDesk(options: RunDeskOptions): Promise<RunningDesk> {
  const { bus, clock } = options;
  const params = bookOnAccount(options.config, options.account);
  let execution: RunningExecution | undefined;
  const onBook = (book: Book) => {
    if (book.book === params?.book && commandsOf(book, clock.now()).length > 0) execution?.wake();
  };
  const desk = new TradeDesk({ ...options, onBook });
  options.meter?.read(() => deskSamples(desk, clock.now()));
  const readers = await readTopics({
    bus,
    clock,
    topics: DESK_TOPICS,
    reader: DESK_SUBSCRIPTION,
    maxMessages: MAX_MESSAGES,
    async take(topic, deliveries) {
      const keys = Map.groupBy(deliveries, ({ orderingKey }) => orderingKey);
      const taken = await Promise.all(
        [...keys.values()].map((those) => takeInOrder(options, desk, topic, those)),
      );
      return !taken.includes(false);
    },
  });
  execution = executionOf(options, desk, params);
  const stopping = new AbortController();
  const ticking = tick(options, desk, stopping.signal);
  return {
    desk,
    async close() {
      stopping.abort();
      await Promise.all([readers.close(), ticking]);
      await execution?.close();
    },
  };
}

/** Of the book that lives on the account, if one does. */
function executionOf(options: RunDeskOptions, desk: TradeDesk, params: DeskParams | null) {
  const { account, clock, onError } = options;
  if (params === null || account === undefined) return undefined;
  return runExecution({ ...account, desk, clock, params, ...(onError && { onError }) });
}

async function tick(options: RunDeskOptions, desk: TradeDesk, stopping: AbortSignal): Promise<void> {
  const { clock } = options;
  for (;;) {
    await clock.until(clock.now() + TICK_MS, stopping);
    if (stopping.aborted) return;
    await attempt(options, () => desk.take({ kind: 'timer', at: clock.now() }));
  }
}

/** What failed comes again, and what is behind it in its key. */
async function takeInOrder(
  options: RunDeskOptions,
  desk: TradeDesk,
  topic: TopicName,
  deliveries: readonly Delivery[],
): Promise<boolean> {
  for (const [i, delivery] of deliveries.entries()) {
    const { bus, clock } = options;
    const isTaken = await attempt(options, () => takeMessage(desk, bus, topic, delivery, clock.now()));
    if (!isTaken) {
      for (const left of deliveries.slice(i)) left.nack();
      return false;
    }
    delivery.ack();
  }
  return true;
}

async function attempt({ onError }: RunDeskOptions, act: () => Promise<void>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    onError?.(error);
    return false;
  }
}
