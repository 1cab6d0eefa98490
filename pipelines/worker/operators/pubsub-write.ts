/** Last step of the live graph: publishes, and lets the bundle end when the server has acknowledged all of it. */
import type { WindowedValue } from 'apache-beam/values';
import type { IOperator } from 'apache-beam/worker/operators';
import type { MessageBus, OutgoingMessage } from '../../../connectors/bus/port.ts';
import { InvariantError } from '../../../schemas/errors.ts';
import { decodePubsubMessage } from '../../../schemas/pubsub-message.ts';
import type { TopicName } from '../../../schemas/topics.ts';
import { doFnPayload, PUBSUB_WRITE_URN, PubSubWrite } from '../dofns.ts';
import { registerDoFn } from './index.ts';
import { openLiveBus } from './live-bus.ts';
import { Opened } from './opened.ts';

/** Messages of a bundle that are held back at most. */
const MAX_HELD = 1_000;

/** One bus of each project for the whole process: its connections outlive bundles. */
const buses = new Opened<MessageBus>();

function busOf({ project, endpoint, create }: PubSubWrite): Promise<MessageBus> {
  const key = JSON.stringify([project, endpoint, create]);
  return buses.get(key, () => openLiveBus({ project, endpoint, create }));
}

/**
 * At least once: a bundle that is done again publishes again, and readers know copies by their ids. Messages of an
 * ordering key keep their order within the bundle.
 */
export class PublishOperator implements IOperator {
  readonly transformId: string;
  readonly #busOf: () => Promise<MessageBus>;
  readonly #topic: TopicName;
  #held: OutgoingMessage[] = [];

  /** `busOf` is asked when there is something to publish: a failure is the bundle's, and the next bundle's to try again. */
  constructor(transformId: string, busOf: () => Promise<MessageBus>, topic: TopicName) {
    this.transformId = transformId;
    this.#busOf = busOf;
    this.#topic = topic;
  }

  async startBundle(): Promise<void> {
    this.#held = [];
  }

  process({ value }: WindowedValue<unknown>): Promise<void> | null {
    if (!(value instanceof Uint8Array)) {
      throw new InvariantError(
        `Expected the bytes of a PubsubMessage for "${this.#topic}", got ${typeof value}.`,
      );
    }
    const { data, attributes, orderingKey } = decodePubsubMessage(value);
    this.#held.push({ data, attributes, orderingKey });
    return this.#held.length < MAX_HELD ? null : this.#publish();
  }

  async finishBundle(): Promise<void> {
    if (this.#held.length > 0) await this.#publish();
  }

  async #publish(): Promise<void> {
    const messages = this.#held;
    this.#held = [];
    const bus = await this.#busOf();
    await bus.publish(this.#topic, messages);
  }
}

registerDoFn(PUBSUB_WRITE_URN, ({ transformId, payload }) => {
  const write = doFnPayload(PubSubWrite, payload);
  return new PublishOperator(transformId, () => busOf(write), write.topic as TopicName);
});
