/** A replayed journal as the two sources of the graph: what the feed published then, in the order and market time of then. */

import type { FeedMessages } from '../../connectors/feed/feed-io.ts';
import type { ReplayedInput } from '../../connectors/journal/replay.ts';
import { encodePubsubMessage, eventTimeOf } from '../../schemas/pubsub-message.ts';
import { GRAPH_INPUTS } from '../../schemas/subscriptions.ts';
import type { TopicName } from '../../schemas/topics.ts';
import type { SourceChunk, SourceMessage, SourceReader } from '../runners/embedded/edges.ts';
import { SECOND_MS } from './market-time.ts';

/** The watermark of this topic follows its messages; those of the others, which may be silent, the clock. */
const PULSE: TopicName = 'book-snapshots';

export interface FramesSourceOptions {
  readonly blocks: AsyncGenerator<readonly ReplayedInput[]>;
  readonly allowedDisorderMs: number;
  /** Takes what the graph does not read: feed events, dead letters. */
  readonly onOther: (messages: FeedMessages) => void;
  /** Event time has come so far, and all that followed from it is published. Unit: ms since the epoch. */
  readonly onTime?: (watermarkMs: number) => void;
}

/**
 * Both readers are fed by one walk through the journal, and while it waits for the disk none of them answers: the graph
 * reads in the same order in every run, however fast the disk is.
 */
export class FramesSource {
  frames = 0;
  /** Market time of the first and the last input. */
  span: { readonly fromMs: number; toMs: number } | null = null;
  readonly #options: FramesSourceOptions;
  readonly #topics = new Map<TopicName, Topic>(GRAPH_INPUTS.map((topic) => [topic, new Topic()]));
  #walking: Promise<void> | undefined;
  #hasEnded = false;

  constructor(options: FramesSourceOptions) {
    this.#options = options;
  }

  reader(topic: TopicName): SourceReader {
    const of = this.#topics.get(topic)!;
    return { read: () => this.#readNext(of), close: () => void this.#close() };
  }

  /** Who is asked for more is the topic furthest behind, and all that it gave before has been worked on. */
  #readNext(of: Topic): SourceChunk | undefined | Promise<SourceChunk | undefined> {
    const passed = Math.min(...[...this.#topics.values()].map(({ handedMs }) => handedMs));
    if (Number.isFinite(passed)) this.#options.onTime?.(passed);
    return this.#read(of);
  }

  #read(of: Topic): SourceChunk | undefined | Promise<SourceChunk | undefined> {
    if (this.#walking) return this.#walking.then(() => this.#read(of));
    const chunk = of.take();
    if (chunk || this.#hasEnded) return chunk;
    this.#walking = this.#walk().finally(() => {
      this.#walking = undefined;
    });
    return this.#walking.then(() => this.#read(of));
  }

  async #close(): Promise<void> {
    this.#hasEnded = true;
    await this.#options.blocks.return(undefined);
  }

  async #walk(): Promise<void> {
    const { value: inputs, done } = await this.#options.blocks.next();
    if (done) {
      this.#hasEnded = true;
      return;
    }
    for (const input of inputs) this.#take(input);
    this.#cut();
  }

  /** A chunk is at most a second of market time, so that event time moves in small steps. */
  #take({ at, isFrame, messages }: ReplayedInput): void {
    const { market } = at;
    this.span ??= { fromMs: market, toMs: market };
    if (Math.floor(market / SECOND_MS) > Math.floor(this.span.toMs / SECOND_MS)) this.#cut();
    this.span.toMs = Math.max(this.span.toMs, market);
    if (isFrame) this.frames += 1;
    for (const told of messages) {
      const topic = this.#topics.get(told.topic);
      if (topic) topic.add(told);
      else this.#options.onOther(told);
    }
  }

  #cut(): void {
    if (!this.span) return;
    const { toMs } = this.span;
    for (const [name, topic] of this.#topics) {
      const knownMs = name === PULSE ? topic.newestMs : toMs;
      topic.cut(Math.min(knownMs, toMs) - this.#options.allowedDisorderMs);
    }
  }
}

class Topic {
  readonly #queue: SourceChunk[] = [];
  newestMs = Number.NEGATIVE_INFINITY;
  /** Watermark of the last chunk that was taken. */
  handedMs = Number.NEGATIVE_INFINITY;
  #messages: SourceMessage[] = [];
  #watermarkMs = Number.NEGATIVE_INFINITY;

  add({ messages }: FeedMessages): void {
    for (const message of messages) {
      const eventTimeMs = eventTimeOf(message.attributes);
      this.newestMs = Math.max(this.newestMs, eventTimeMs);
      const bytes = encodePubsubMessage({ ...message, messageId: '' });
      this.#messages.push({ bytes, eventTimeMs, ack: () => undefined });
    }
  }

  take(): SourceChunk | undefined {
    const chunk = this.#queue.shift();
    if (chunk) this.handedMs = chunk.watermarkMs;
    return chunk;
  }

  cut(watermarkMs: number): void {
    if (this.#messages.length === 0 && watermarkMs <= this.#watermarkMs) return;
    this.#watermarkMs = Math.max(this.#watermarkMs, watermarkMs);
    this.#queue.push({ messages: this.#messages, watermarkMs: this.#watermarkMs });
    this.#messages = [];
  }
}
