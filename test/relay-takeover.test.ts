/** Readers follow from one relay of a pair to the other without waiting, in whatever order the bus brings messages. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Pair, type Sent, SNAPSHOTS, START, TRADES } from '../connectors/standby/pair.fixture.ts';
import { Completeness, type Evidence } from '../pipelines/runners/embedded/completeness.ts';
import { positionOf } from '../schemas/feed-position.ts';
import { eventTimeOf } from '../schemas/pubsub-message.ts';
import { ATTRIBUTES } from '../schemas/topics.ts';

const pairs: Pair[] = [];
afterEach(async () => {
  for (const pair of pairs.splice(0)) await pair.close();
});

/** What a bus hands out that drops a second message with an id. */
function delivered(pair: Pair): Sent[] {
  const seen = new Set<string>();
  return pair.sent.filter(({ topic, message }) => {
    const id = `${topic} ${message.attributes[ATTRIBUTES.id]}`;
    return !seen.has(id) && seen.add(id);
  });
}

const evidenceOf = ({ topic, message }: Sent): Evidence => ({
  kind: topic === TRADES ? 'trades' : 'snapshot',
  key: message.orderingKey,
  eventTimeMs: eventTimeOf(message.attributes),
  position: positionOf(message.attributes),
  isRepeated: false,
});

/** In seconds after the start, for a reader that never gives up waiting. */
function completeUntil(sent: readonly Sent[]): number {
  const nowMs = START + 1e6;
  const keys = ['bybit:BTCUSDT'];
  const completeness = new Completeness({ keys, sinceMs: START + 1_000, patienceMs: 1e12, nowMs });
  for (const each of sent) completeness.add(evidenceOf(each), nowMs);
  return (completeness.untilMs(nowMs) - START) / 1_000;
}

/** `a` is followed by `b`, which began to receive earlier or later, and that by `c`. */
async function followed(): Promise<{ pair: Pair; seconds: number }> {
  const pair = new Pair();
  pairs.push(pair);
  const a = await pair.start('a');
  await pair.trade(7);
  const b = await pair.start('b');
  await pair.trade(33);
  a.isAlive = false;
  await pair.trade(40);
  await pair.start('c');
  await pair.trade(15);
  b.isAlive = false;
  await pair.trade(40);
  return { pair, seconds: 135 };
}

describe('a takeover', () => {
  it('leaves no second that a reader would wait for', async () => {
    const { pair, seconds } = await followed();
    expect(new Set(pair.of(TRADES).map(({ by }) => by))).toEqual(new Set(['a', 'b', 'c']));
    expect(completeUntil(delivered(pair))).toBe(seconds);
  });

  it('leaves none in any order of arrival', async () => {
    const { pair, seconds } = await followed();
    const all = delivered(pair);
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (shuffled) => {
        expect(completeUntil(shuffled)).toBe(seconds);
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  it('is waited for where a batch of the new one is missing', async () => {
    const { pair, seconds } = await followed();
    const all = delivered(pair);
    const last = all.findLast(({ topic, by }) => topic === TRADES && by === 'c')!;
    expect(completeUntil(all.filter((each) => each !== last))).toBeLessThan(seconds);
    expect(all.filter(({ topic }) => topic === SNAPSHOTS)).toHaveLength(seconds);
  });
});
