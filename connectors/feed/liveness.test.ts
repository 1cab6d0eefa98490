import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { StreamLiveness } from './liveness.ts';

const DAY_MS = 86_400_000;
const FLOOR = 15_000;
const CEILING = 1_800_000;

/** Events at random with a rate that may change (events per s); what a stream of them is judged to be. */
function simulate(rate: (ms: number) => number, days: number, seed: number) {
  const random = new Random(seed);
  const stream = new StreamLiveness();
  stream.begin(0);
  let now = 0;
  let alarms = 0;
  let longestLimit = 0;
  const limits: number[] = [];
  const end = days * DAY_MS;
  const sampleEvery = end / 2_000;
  while (now < end) {
    now += (-Math.log(1 - random.next()) / rate(now)) * 1_000;
    if (now >= stream.staleAt) alarms++;
    stream.heard(now);
    if (now < limits.length * sampleEvery) continue;
    limits.push(stream.limitMs);
    // The first hours are for learning.
    if (now > DAY_MS / 2) longestLimit = Math.max(longestLimit, stream.limitMs);
  }
  const median = limits.toSorted((a, b) => a - b)[limits.length >> 1]!;
  return { alarmsPerDay: alarms / days, median, longestLimit };
}

describe('StreamLiveness of events at random', () => {
  it.each([
    // Events per second, days simulated.
    [0.01, 1_000],
    [0.03, 500],
    [0.1, 200],
    [0.3, 100],
    [1, 40],
    [5, 8],
    [50, 1],
  ])('at %d/s raises at most one false alarm in 50 days and tells death in bounded time', (rate, days) => {
    const { alarmsPerDay, median, longestLimit } = simulate(() => rate, days, 1);
    expect(alarmsPerDay).toBeLessThanOrEqual(0.02);
    const meanGap = 1_000 / rate;
    expect(median).toBeLessThanOrEqual(Math.max(FLOOR, Math.min(CEILING, 30 * meanGap)));
    expect(longestLimit).toBeLessThanOrEqual(Math.max(FLOOR, Math.min(CEILING, 75 * meanGap)));
  });

  it.each([0.02, 0.2, 2])('keeps to it where nights are ten times as quiet as days, %d/s', (rate) => {
    const ofDay = (ms: number) => rate * 10 ** (Math.sin((2 * Math.PI * ms) / DAY_MS) / 2);
    expect(simulate(ofDay, 200 / (10 * rate), 2).alarmsPerDay).toBeLessThanOrEqual(0.05);
  });

  it('keeps to it where trades come in bursts', () => {
    const bursts = (ms: number) => (Math.sin(ms / 40_000) > 0.9 ? 20 : 0.05);
    expect(simulate(bursts, 60, 3).alarmsPerDay).toBeLessThanOrEqual(0.05);
  });
});

describe('StreamLiveness', () => {
  /** A stream with data each `gapMs` for an hour. */
  function regular(gapMs: number): { stream: StreamLiveness; now: number } {
    const stream = new StreamLiveness();
    stream.begin(0);
    let now = 0;
    while (now < 3_600_000) {
      now += gapMs;
      stream.heard(now);
    }
    return { stream, now };
  }

  it('knows a dead stream after three of its longest gaps, a fast one after the floor', () => {
    const slow = regular(20_000);
    expect(slow.stream.staleAt - slow.now).toBeCloseTo(3 * 20_000 * (1 + 10 / 179), 6);
    const fast = regular(100);
    expect(fast.stream.staleAt - fast.now).toBe(FLOOR);
  });

  it('trusts a stream that it does not know for the ceiling, and no stream for longer', () => {
    const stream = new StreamLiveness();
    expect(stream.staleAt).toBe(Number.POSITIVE_INFINITY);
    stream.begin(1_000);
    expect(stream.staleAt).toBe(1_000 + CEILING);
    stream.heard(2_000);
    expect(stream.staleAt).toBe(2_000 + CEILING);
    const rare = regular(900_000);
    expect(rare.stream.limitMs).toBe(CEILING);
  });

  it('learns nothing from the time without a subscription, and keeps what it knew', () => {
    const { stream, now } = regular(1_000);
    const { limitMs } = stream;
    stream.end();
    expect(stream.staleAt).toBe(Number.POSITIVE_INFINITY);
    stream.begin(now + 600_000);
    expect(stream.limitMs).toBe(limitMs);
    stream.heard(now + 614_000);
    expect(stream.limitMs).toBe(limitMs);
  });

  it('grows wider by half for each alarm that was none, not by the failure’s length', () => {
    const { stream, now } = regular(20_000);
    const before = stream.limitMs;
    stream.heard(now + 1_500_000);
    expect(stream.limitMs / before).toBeGreaterThan(1.45);
    expect(stream.limitMs / before).toBeLessThanOrEqual(1.6);
  });

  it('takes a burst for one event: a snapshot of many rows tells nothing of what follows', () => {
    const stream = new StreamLiveness();
    stream.begin(0);
    for (let ms = 0; ms < 900; ms += 50) stream.heard(ms);
    expect(stream.limitMs).toBe(CEILING);
    stream.heard(3_000);
    expect(stream.limitMs).toBe(3 * 2_150 * 11);
  });

  it('forgets a quiet time by half in six hours', () => {
    const { stream, now } = regular(60_000);
    const { limitMs } = stream;
    for (let ms = now + 1_000; ms <= now + 6 * 3_600_000; ms += 1_000) stream.heard(ms);
    expect(stream.limitMs / limitMs).toBeGreaterThan(0.4);
    expect(stream.limitMs / limitMs).toBeLessThan(0.5);
  });

  it('waits only shortly for data of which another stream has told', () => {
    const { stream, now } = regular(100_000);
    stream.owed(now + 1_000);
    stream.owed(now + 4_000);
    expect(stream.staleAt).toBe(now + 6_000);
    stream.heard(now + 5_000);
    expect(stream.staleAt).toBeGreaterThan(now + 300_000);
  });
});
