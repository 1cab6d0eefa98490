/** An outbox on a bus of moods, in virtual time. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { standardAttributes } from '../../schemas/pubsub-message.ts';
import type { TopicName } from '../../schemas/topics.ts';
import type { OutgoingMessage } from '../bus/port.ts';
import { ManualClock } from '../clock/manual.ts';
import type { FeedMessages } from '../feed/feed-io.ts';
import { type Outbox, openOutbox } from './outbox.ts';
import type { OutboxOptions } from './outbox-options.ts';

export const TRADES = 'raw-tick-data';
export const SNAPSHOTS = 'book-snapshots';

/** A bus that hangs, refuses or takes, as it is told. */
export class MoodyBus {
  mood: 'takes' | 'hangs' | 'refuses' = 'takes';
  readonly taken: [TopicName, string][] = [];
  readonly underWay = new Map<TopicName, number>();
  readonly #hanging: (() => void)[] = [];
  tries = 0;

  async publish(topic: TopicName, messages: readonly OutgoingMessage[]): Promise<void> {
    this.tries += 1;
    this.underWay.set(topic, (this.underWay.get(topic) ?? 0) + 1);
    expect(this.underWay.get(topic)).toBe(1);
    try {
      if (this.mood === 'hangs') await new Promise<void>((go) => this.#hanging.push(go));
      if (this.mood === 'refuses') throw new Error('the bus is away');
      for (const { attributes } of messages) this.taken.push([topic, attributes.id!]);
    } finally {
      this.underWay.set(topic, this.underWay.get(topic)! - 1);
    }
  }

  takeAgain(): void {
    this.mood = 'takes';
    for (const go of this.#hanging.splice(0)) go();
  }

  of(topic: TopicName): string[] {
    return this.taken.filter(([on]) => on === topic).map(([, id]) => id);
  }
}

export const message = (id: string, size = 100): OutgoingMessage => ({
  data: Buffer.alloc(size),
  attributes: standardAttributes(id, 1_000),
  orderingKey: 'bybit:BTCUSDT',
});
export const on = (topic: TopicName, ...ids: string[]): FeedMessages => ({
  topic,
  messages: ids.map((id) => message(id)),
});
export const ids = (prefix: string, from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `${prefix}${from + i}`);
/** Promises run. */
export const settle = async () => {
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
};
/** Files are written. */
export const until = async (isDone: () => boolean) => {
  for (let i = 0; i < 5_000 && !isDone(); i++) await new Promise((done) => setTimeout(done, 1));
  expect(isDone()).toBe(true);
};

const open: Outbox[] = [];
/** After each test. */
export async function endAll(): Promise<void> {
  for (const outbox of open.splice(0)) await outbox.drain(0).catch(() => {});
}

export async function outboxOn(bus: MoodyBus, options: Partial<OutboxOptions> = {}) {
  const clock = new ManualClock(1_000_000);
  const dropped: string[] = [];
  const log: string[] = [];
  const outbox = await openOutbox({
    bus,
    clock,
    spillDir: mkdtempSync(join(tmpdir(), 'outbox-')),
    onDropped: ({ messages }) => dropped.push(...messages.map(({ attributes }) => attributes.id!)),
    log: (line) => log.push(line),
    ...options,
  });
  open.push(outbox);
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 250) {
      await clock.advanceTo(clock.now() + Math.min(250, left));
      await settle();
    }
  };
  return { outbox, clock, dropped, log, pass };
}
