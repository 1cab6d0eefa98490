/**
 * Messages of a relay that took over, so that readers can follow it. Pure.
 *
 * - Both relays count the trades they received, each from its own start. Whoever takes over counts anew from its first
 *   trade that is published, since readers would wait for those before it (see FeedPosition).
 * - Its trade batches get ids of their own: with the ids of their content the bus might drop one as a copy of what the
 *   other had published, and its count with it. Copies of trades are known by their own ids, in the graph.
 * - Of two snapshots of a second the bus keeps the first. One that vouches for its second must not be lost behind one
 *   that does not, so the latter gets an id of its own.
 */
import { type FeedPosition, positionAttribute, positionOf } from '../../schemas/feed-position.ts';
import { ATTRIBUTES, type TopicName } from '../../schemas/topics.ts';
import type { OutgoingMessage } from '../bus/port.ts';

const NOT_CONNECTED = '"connected":false';

export interface RenumberingOptions {
  /** Of this takeover; higher than that of any before. Unit: ms since the epoch. */
  readonly since: number;
  readonly epoch: number;
  /** When this process began: what was numbered before is of another, and stays as it is. */
  readonly startedMs: number;
}

export class Renumbering {
  readonly #options: RenumberingOptions;
  /** Trades that are not counted, by key. */
  readonly #bases = new Map<string, number>();

  constructor(options: RenumberingOptions) {
    this.#options = options;
  }

  /** Messages of a topic are given in the order in which they are published; one may be given again. */
  stamp(topic: TopicName, message: OutgoingMessage): OutgoingMessage {
    const { attributes, orderingKey } = message;
    const position = positionOf(attributes);
    if (!position || position.since < this.#options.startedMs) return message;
    const id = `${attributes[ATTRIBUTES.id]}${this.#suffix(topic, message)}`;
    return {
      ...message,
      attributes: { ...attributes, [ATTRIBUTES.id]: id, ...this.#renumber(orderingKey, position) },
    };
  }

  #suffix(topic: TopicName, { data }: OutgoingMessage): string {
    if (topic === 'raw-tick-data') return `:${this.#options.epoch}`;
    return Buffer.from(data.buffer, data.byteOffset, data.length).includes(NOT_CONNECTED) ? ':down' : '';
  }

  #renumber(key: string, { from, to }: FeedPosition): Record<string, string> {
    const base = this.#bases.get(key) ?? from;
    this.#bases.set(key, base);
    const { since } = this.#options;
    return positionAttribute({ since, from: Math.max(0, from - base), to: Math.max(0, to - base) });
  }
}
