/** Readers of the graph's topics who never restart: what they were sent, and how often. */
import { type Clients, openClients, type ReceivedMessage } from '../../connectors/bus/pubsub/clients.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import type { TopicName } from '../../schemas/topics.ts';

const OUTPUTS = [
  'market-candles',
  'market-levels',
  'market-features',
  'trade-signals-micro',
  'dead-letters',
] as const;

/** What readers were sent, by topic: contents of each id in the order they came, the first copy of each. */
export type Outputs = Map<TopicName, Map<string, string[]>>;

export interface ReadersOptions {
  readonly project: string;
  readonly endpoint: string;
  /** Between looks. Unit: ms. */
  readonly lookEveryMs: number;
  /** Told of the first copy of each id; `ts` is its event time in ms. */
  readonly onOutput: (topic: TopicName, json: string, ts: number) => void;
}

export class Readers {
  readonly outputs: Outputs = new Map(OUTPUTS.map((topic) => [topic, new Map()]));
  /** Deliveries of an id beyond its first: of the readers' server, and of the node that published it again. */
  copies = 0;
  readonly #options: ReadersOptions;
  readonly #clients: Clients;
  readonly #reading: Promise<void>[] = [];
  #isClosing = false;

  /** They ask Google's client: ours would hide copies from them. */
  static async open(options: ReadersOptions): Promise<Readers> {
    const readers = new Readers(options);
    for (const topic of OUTPUTS) readers.#reading.push(readers.#read(topic, await readers.#subscribe(topic)));
    return readers;
  }

  private constructor(options: ReadersOptions) {
    this.#options = options;
    this.#clients = openClients(options.project, options.endpoint);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all(this.#reading);
    await this.#clients.close();
  }

  async #subscribe(topic: TopicName): Promise<string> {
    const { project } = this.#options;
    const name = `projects/${project}/subscriptions/${topic}-reader`;
    const path = `projects/${project}/topics/${topic}`;
    await this.#clients.publisher.createTopic({ name: path }).catch(() => undefined);
    await this.#clients.subscriber.createSubscription({ name, topic: path, ackDeadlineSeconds: 60 });
    return name;
  }

  #note(topic: TopicName, { attributes, data }: NonNullable<ReceivedMessage['message']>): void {
    const { id, ts } = attributes as Record<string, string>;
    const json = Buffer.from(data as Uint8Array).toString();
    const seen = this.outputs.get(topic)!;
    const contents = seen.get(id!);
    if (contents) {
      this.copies += 1;
      if (!contents.includes(json)) contents.push(json);
      return;
    }
    seen.set(id!, [json]);
    this.#options.onOutput(topic, json, Number(ts));
  }

  async #read(topic: TopicName, subscription: string): Promise<void> {
    const { subscriber } = this.#clients;
    while (!this.#isClosing) {
      const [{ receivedMessages }] = await subscriber.pull({
        subscription,
        maxMessages: 1_000,
        returnImmediately: true,
      });
      const ackIds = (receivedMessages ?? []).map(({ ackId }) => ackId!);
      for (const { message } of receivedMessages ?? []) this.#note(topic, message!);
      if (ackIds.length > 0) await subscriber.acknowledge({ subscription, ackIds });
      else await systemClock.until(systemClock.now() + this.#options.lookEveryMs);
    }
  }
}
