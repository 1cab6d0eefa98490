import { describe, expect, it } from 'vitest';
import type { Delivery, Subscription } from '../../../connectors/bus/port.ts';
import { ManualClock } from '../../../connectors/clock/manual.ts';
import { positionAttribute } from '../../../schemas/feed-position.ts';
import { standardAttributes } from '../../../schemas/pubsub-message.ts';
import { Completeness } from './completeness.ts';
import { UnorderedIntake } from './intake.ts';

const SECOND = 1_000;
const MINUTE = 60_000;
const START = 1_000_020_000;
const DISORDER = 2_000;
const LATENESS = 10 * MINUTE;

/** A bus that hands out what it holds in the order it was given, and what comes back behind the rest. */
class Bus implements Subscription {
  readonly #waiting: { readonly ts: number; readonly key: string; attempt: number }[];
  readonly #limit: number;
  outstanding = 0;
  mostOutstanding = 0;
  givenBack = 0;
  acknowledged = 0;
  doubts = false;

  constructor(messages: readonly { readonly ts: number; readonly key: string }[], limit: number) {
    this.#waiting = messages.map((message) => ({ ...message, attempt: 1 }));
    this.#limit = limit;
  }

  async pull(): Promise<readonly Delivery[]> {
    return this.take(500);
  }

  take(max: number): Delivery[] {
    const taken = this.#waiting.splice(0, Math.min(max, this.#limit - this.outstanding));
    this.outstanding += taken.length;
    this.mostOutstanding = Math.max(this.mostOutstanding, this.outstanding);
    return taken.map((message) => this.#delivery(message));
  }

  #delivery(message: { readonly ts: number; readonly key: string; attempt: number }): Delivery {
    const { ts, key, attempt } = message;
    const position = positionAttribute({ since: 1, from: 0, to: 0 });
    return {
      data: new Uint8Array(),
      attributes: { ...standardAttributes(`${key}:${ts}`, ts), ...position },
      orderingKey: key,
      messageId: '',
      publishTimeMs: ts,
      attempt,
      ack: () => {
        this.outstanding -= 1;
        this.acknowledged += 1;
      },
      nack: () => {
        this.outstanding -= 1;
        this.givenBack += 1;
        this.#waiting.push({ ts, key, attempt: attempt + 1 });
      },
    };
  }

  oldestPending(): number | undefined {
    return this.doubts ? Number.NEGATIVE_INFINITY : undefined;
  }
  backlog(): undefined {}
  async close(): Promise<void> {}
}

const secondsOf = (key: string, hours: number) =>
  Array.from({ length: hours * 3600 }, (_, i) => ({ key, ts: START + (i + 1) * SECOND }));

/** Reads until nothing moves; acknowledges as the graph does, once the lateness of a message's minute is over. */
function readAll(
  bus: Bus,
  options: { readonly sinceMs: number; readonly keys: readonly string[]; readonly maxParked: number },
) {
  const clock = new ManualClock(START + 12 * 3_600_000);
  const completeness = new Completeness({ ...options, patienceMs: 10_000, nowMs: clock.now() });
  const intake = new UnorderedIntake({
    subscription: bus,
    clock,
    allowedDisorderMs: DISORDER,
    kind: 'snapshot',
    completeness,
    maxParked: options.maxParked,
  });
  let held: { readonly eventTimeMs: number; ack(): void }[] = [];
  const late: number[] = [];
  const watermarks: number[] = [];
  const turn = async () => {
    const before = watermarks.at(-1) ?? Number.NEGATIVE_INFINITY;
    const { messages, watermarkMs } = intake.take(intake.hasMore ? [] : bus.take(500));
    for (const message of messages) {
      if (message.eventTimeMs <= before) late.push(message.eventTimeMs);
      held.push(message);
    }
    const isOver = (ms: number) => ms - (ms % MINUTE) + MINUTE + LATENESS <= watermarkMs;
    for (const message of held) if (isOver(message.eventTimeMs)) message.ack();
    held = held.filter(({ eventTimeMs }) => !isOver(eventTimeMs));
    watermarks.push(watermarkMs);
    await clock.advanceTo(clock.now() + SECOND);
  };
  return { turn, watermarks, late, newest: () => (watermarks.at(-1)! - START) / SECOND };
}

describe('a backlog of hours', () => {
  const [a, b] = [secondsOf('a', 5), secondsOf('b', 5)];
  const end = 5 * 3600 - DISORDER / SECOND;
  const LIMIT = 8_000;

  it('is read to its end where each symbol comes whole, one after the other, and little may be held', async () => {
    const bus = new Bus([...a, ...b], LIMIT);
    const reading = readAll(bus, { sinceMs: START + SECOND, keys: ['a', 'b'], maxParked: 2_000 });
    for (let turns = 0; turns < 20_000 && !(reading.newest() >= end); turns++) await reading.turn();
    expect(reading.newest()).toBe(end);
    expect(reading.late).toEqual([]);
    expect(bus.givenBack).toBeGreaterThan(0);
    expect(bus.mostOutstanding).toBeLessThanOrEqual(LIMIT);
  });

  it('is so too where nothing tells where it begins, and the bus is in doubt', async () => {
    const bus = new Bus([...a.slice(0, 7_200), ...b.slice(0, 7_200)], LIMIT);
    bus.doubts = true;
    const reading = readAll(bus, { sinceMs: Number.NEGATIVE_INFINITY, keys: ['a', 'b'], maxParked: 2_000 });
    const until = 7_200 - DISORDER / SECOND;
    for (let turns = 0; turns < 2_000 && !(reading.newest() >= until); turns++) await reading.turn();
    expect(reading.newest()).toBe(until);
    expect(reading.late).toEqual([]);
  });

  it('closes one minute after the other', async () => {
    const bus = new Bus(a.slice(0, 1_800), LIMIT);
    const { turn, watermarks } = readAll(bus, { sinceMs: START + SECOND, keys: ['a'], maxParked: 2_000 });
    for (let turns = 0; turns < 60; turns++) await turn();
    const minutes = watermarks.filter(Number.isFinite).map((ms) => Math.floor(ms / MINUTE));
    expect(Math.max(...minutes.slice(1).map((minute, i) => minute - minutes[i]!))).toBe(1);
    expect(minutes.at(-1)! - minutes[0]!).toBe(29);
  });
});
