/** What a process publishes, counted as it passes to the bus: of each topic how much, and of those that tell something, what. */
import type { z } from 'zod';
import { Candle, closeTime } from '../../schemas/candle.ts';
import { DeadLetter } from '../../schemas/dead-letter.ts';
import { FeatureRow } from '../../schemas/feature-row.ts';
import { MacroBias } from '../../schemas/macro.ts';
import { PositionEvent } from '../../schemas/position-event.ts';
import { HOUR_MS, streamKey, type Venue } from '../../schemas/primitives.ts';
import { ScalpSignal } from '../../schemas/scalp-signal.ts';
import type { TopicName } from '../../schemas/topics.ts';
import type { MessageBus, OutgoingMessage } from '../bus/port.ts';
import type { Clock } from '../clock/port.ts';
import { type Meter, type Sample, sample } from './meter.ts';

interface Newest {
  readonly venue: Venue;
  readonly symbol: string;
  /** Unit: ms. */
  readonly closeMs: number;
}

/** A symbol without a bar for so long while others have them has left the universe. Unit: ms. */
const FORGOTTEN_AFTER_MS = HOUR_MS;

/** The same bus. @param clock Of the market. */
export function countPublished(bus: MessageBus, meter: Meter, clock: Clock): MessageBus {
  const published = new Published(meter, clock);
  meter.read(() => published.samples());
  return {
    async publish(topic, messages) {
      await bus.publish(topic, messages);
      published.take(topic, messages);
    },
    subscribe: (topic, name, options) => bus.subscribe(topic, name, options),
    close: () => bus.close(),
  };
}

class Published {
  readonly #meter: Meter;
  readonly #clock: Clock;
  readonly #bars = new Map<string, Newest>();
  #newestSlotMs: number | null = null;

  constructor(meter: Meter, clock: Clock) {
    this.#meter = meter;
    this.#clock = clock;
  }

  take(topic: TopicName, messages: readonly OutgoingMessage[]): void {
    this.#meter.count('cst_published_total', { topic }, messages.length);
    const read = this.#readers[topic];
    if (read === undefined) return;
    for (const { data } of messages) read(JSON.parse(Buffer.from(data).toString()));
  }

  *samples(): Iterable<Sample> {
    const now = this.#clock.now();
    const age = (ms: number) => Math.max(0, now - ms) / 1_000;
    const newest = Math.max(...[...this.#bars.values()].map(({ closeMs }) => closeMs));
    for (const [key, { venue, symbol, closeMs }] of this.#bars) {
      if (closeMs < newest - FORGOTTEN_AFTER_MS) this.#bars.delete(key);
      else yield sample('cst_candle_age_seconds', age(closeMs), { venue, symbol });
    }
    const slot = this.#newestSlotMs;
    if (slot !== null) yield sample('cst_macro_bias_age_seconds', age(slot));
  }

  readonly #readers: Partial<Record<TopicName, (message: unknown) => void>> = {
    'market-candles': reader(Candle, (candle) => this.#candle(candle)),
    'market-features': reader(FeatureRow, (row) => this.#features(row)),
    'trade-signals-micro': reader(ScalpSignal, ({ strategy, side }) =>
      this.#meter.count('cst_signals_total', { strategy, side }),
    ),
    'macro-bias-updates': reader(MacroBias, (bias) => this.#bias(bias)),
    'position-events': reader(PositionEvent, ({ kind, book = '', refusal, exit }) =>
      this.#meter.count('cst_desk_events_total', { book, kind, reason: refusal ?? exit ?? '' }),
    ),
    'dead-letters': reader(DeadLetter, ({ stage: step }) =>
      this.#meter.count('cst_dead_letters_total', { step }),
    ),
  };

  #candle(candle: Candle): void {
    const { venue, symbol, interval, complete } = candle;
    this.#meter.count('cst_candles_total', { interval, complete: String(complete) });
    if (interval !== '1m') return;
    const key = streamKey(venue, symbol);
    const closeMs = closeTime(candle);
    if (closeMs <= (this.#bars.get(key)?.closeMs ?? Number.NEGATIVE_INFINITY)) return;
    this.#bars.set(key, { venue, symbol, closeMs });
    this.#meter.observe('cst_candle_delay_seconds', Math.max(0, this.#clock.now() - closeMs) / 1_000);
  }

  #features({ suppressions }: FeatureRow): void {
    this.#meter.count('cst_features_total');
    for (const reason of suppressions) this.#meter.count('cst_suppressions_total', { reason });
  }

  #bias({ timestamp, bias }: MacroBias): void {
    this.#meter.count('cst_macro_biases_total', { bias: bias ?? 'none' });
    this.#newestSlotMs = Math.max(timestamp, this.#newestSlotMs ?? timestamp);
  }
}

/** What is out is out: a message that cannot be read is not counted, and hinders nobody. */
function reader<S extends z.ZodType>(schema: S, take: (message: z.output<S>) => void) {
  return (message: unknown) => {
    const { success, data } = schema.safeParse(message);
    if (success) take(data);
  };
}
