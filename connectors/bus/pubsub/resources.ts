/** Topics and subscriptions of a project: found, or made where that is wanted. */
import {
  type SubscriptionSettings,
  subscriptionSettings,
  UNDELIVERED_TOPIC,
} from '../../../schemas/subscriptions.ts';
import type { TopicName } from '../../../schemas/topics.ts';
import type { Clock } from '../../clock/port.ts';
import { CALL, type Clients, persist } from './clients.ts';
import { ALREADY_EXISTS, codeOf, NOT_FOUND, PERMISSION_DENIED, pubSubError } from './errors.ts';

/** How long finding and making is tried again. Unit: ms. */
const TIMEOUT_MS = 20_000;

export class Resources {
  readonly #clients: Clients;
  readonly #clock: Clock;
  readonly #project: string;
  readonly #isMaking: boolean;
  readonly #topics = new Map<string, Promise<void>>();

  constructor(clients: Clients, clock: Clock, project: string, isMaking: boolean) {
    this.#clock = clock;
    this.#clients = clients;
    this.#project = project;
    this.#isMaking = isMaking;
  }

  topicName(topic: string): string {
    return `projects/${this.#project}/topics/${topic}`;
  }

  subscriptionName(id: string): string {
    return `projects/${this.#project}/subscriptions/${id}`;
  }

  /** Makes the topic where it is missing and may be made: once, unless it was `forgotten`. @throws ConfigError naming it. */
  topic(topic: string): Promise<void> {
    const known = this.#topics.get(topic);
    if (known) return known;
    const making = this.#makeTopic(topic);
    this.#topics.set(topic, making);
    making.catch(() => this.#topics.delete(topic));
    return making;
  }

  /** The server lost what it had: an emulator that was started again. */
  forget(): void {
    this.#topics.clear();
  }

  get isMaking(): boolean {
    return this.#isMaking;
  }

  async subscription(topic: TopicName, reader: string): Promise<SubscriptionSettings> {
    const settings = subscriptionSettings(topic, reader);
    const { subscriber } = this.#clients;
    const name = this.subscriptionName(settings.id);
    try {
      await this.#clients.ready();
      const found = await this.#find(name, settings);
      if (found) return found;
      if (!this.#isMaking) throw Object.assign(new Error(name), { code: NOT_FOUND });
      await this.topic(topic);
      if (settings.deadLetter) await this.topic(settings.deadLetter.topic);
      const request = this.#request(name, settings);
      await this.#orNull(() => subscriber.createSubscription(request, CALL), ALREADY_EXISTS);
    } catch (error) {
      throw pubSubError(error, `have subscription ${settings.id} of topic ${topic}`);
    }
    return settings;
  }

  /** A reader may lack the right to look: then it is taken to be as it should. */
  async #find(name: string, settings: SubscriptionSettings): Promise<SubscriptionSettings | null> {
    try {
      const found = await this.#orNull(() =>
        this.#clients.subscriber.getSubscription({ subscription: name }, CALL),
      );
      return found && { ...settings, isOrdered: found[0].enableMessageOrdering ?? false };
    } catch (error) {
      if (codeOf(error) === PERMISSION_DENIED && !this.#isMaking) return settings;
      throw error;
    }
  }

  async #makeTopic(topic: string): Promise<void> {
    try {
      await this.#clients.ready();
      if (!this.#isMaking) return;
      const request = { name: this.topicName(topic) };
      await this.#orNull(() => this.#clients.publisher.createTopic(request, CALL), ALREADY_EXISTS);
    } catch (error) {
      throw pubSubError(error, `have topic ${topic}`);
    }
  }

  #request(name: string, { topic, retry, deadLetter, ...settings }: SubscriptionSettings) {
    return {
      name,
      topic: this.topicName(topic),
      ackDeadlineSeconds: settings.ackDeadlineS,
      messageRetentionDuration: { seconds: settings.retentionS },
      // Without a time to live it never expires.
      expirationPolicy: {},
      enableMessageOrdering: settings.isOrdered,
      retryPolicy: retry && {
        minimumBackoff: { seconds: retry.minS },
        maximumBackoff: { seconds: retry.maxS },
      },
      deadLetterPolicy: deadLetter && {
        deadLetterTopic: this.topicName(UNDELIVERED_TOPIC),
        maxDeliveryAttempts: deadLetter.maxAttempts,
      },
    };
  }

  async #orNull<T>(call: () => Promise<T>, code = NOT_FOUND): Promise<T | null> {
    try {
      return await persist(call, TIMEOUT_MS, this.#clock, this.#clients.closing);
    } catch (error) {
      if (codeOf(error) === code) return null;
      throw error;
    }
  }
}
