import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../connectors/clock/system.ts';
import { Random } from '../connectors/exchanges/random.ts';
import type { Candle } from '../schemas/candle.ts';
import { MINUTE_MS } from '../schemas/primitives.ts';
import { type Relay, SYMBOLS, TTL_MS, until, World } from './relay-pair/world.ts';

const KILLS = Number(process.env.CST_KILLS ?? 10);
const SEED = 1;

let world: World;
let relays: Relay[] = [];
beforeAll(async () => {
  world = await World.open();
});
afterAll(async () => {
  for (const relay of relays) await world.kill(relay);
  await world.close();
});

const ready = (each: readonly Relay[]) =>
  until(() => each.every(({ isUp }) => isUp) && each.some(({ isActive }) => isActive), 'a pair is up');
/** The other must have seen what the active one told of its position since. */
const standing = () => systemClock.until(systemClock.now() + TTL_MS / 3 + 100);
const minutesOf = (fromMs: number, toMs: number) =>
  Array.from({ length: Math.round((toMs - fromMs) / MINUTE_MS) }, (_, i) => fromMs + i * MINUTE_MS);
const ceil = (ms: number) => Math.ceil(ms / MINUTE_MS) * MINUTE_MS;
/** What an exchange tells of a bar, too. */
const told = ({ open, high, low, close, volume }: Candle) => ({ open, high, low, close, volume });

/** Waits until the graph has closed all minutes up to now. */
async function closed(): Promise<number> {
  const toMs = ceil(world.clock.now());
  const last = toMs - MINUTE_MS;
  await until(() => SYMBOLS.every((symbol) => world.ours(symbol, last)), 'the graph has closed the minute');
  return toMs;
}

describe('a pair of relays', () => {
  let fromMs: number;

  it(`loses and doubles nothing over ${KILLS} kills of the active one at any moment`, async () => {
    const random = new Random(SEED);
    relays = [world.start()];
    await ready(relays);
    fromMs = ceil(world.clock.now());
    relays.push(world.start());
    let takeoverMs = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      await ready(relays);
      await standing();
      await systemClock.until(systemClock.now() + random.between(0, 1_500));
      const active = relays.find(({ isActive }) => isActive)!;
      await world.kill(active);
      const at = systemClock.now();
      const [left] = relays.filter((relay) => relay !== active);
      relays = [left!, world.start()];
      await until(() => left!.isActive, 'the other takes over');
      takeoverMs = Math.max(takeoverMs, systemClock.now() - at);
    }
    await ready(relays);
    const toMs = await closed();
    const wrong: unknown[] = [];
    for (const symbol of SYMBOLS) {
      const truth = new Map((await world.truth(symbol, fromMs, toMs)).map((bar) => [bar.openTime, bar]));
      for (const openTime of minutesOf(fromMs, toMs)) {
        const [ours, theirs] = [world.ours(symbol, openTime)!, truth.get(openTime)!];
        if (!ours.complete) wrong.push({ symbol, openTime, ours });
        else if (!ours.filled) expect(told(ours)).toEqual(told(theirs));
      }
    }
    const minutes = (toMs - fromMs) / MINUTE_MS;
    const { ids, counts } = world;
    expect(wrong).toEqual([]);
    expect(world.events.filter(({ cause }) => cause === 'no relay published')).toEqual([]);
    expect(counts.trades).toBeGreaterThan(ids.size);
    console.log(
      [
        `${KILLS} kills; ${minutes} minutes of ${SYMBOLS.length} symbols, all complete and right`,
        `${ids.size} trades, ${counts.trades - ids.size} of them published twice`,
        `slowest takeover ${takeoverMs.toFixed(0)} ms at a ttl of ${TTL_MS} ms`,
      ].join('; '),
    );
  });

  it('marks what both missed, and tells it in the ledger', async () => {
    for (const relay of relays) await world.kill(relay);
    const awayFrom = world.clock.now();
    await systemClock.until(systemClock.now() + 7_500);
    const awayTo = world.clock.now();
    relays = [world.start(), world.start()];
    await ready(relays);
    await systemClock.until(systemClock.now() + 6_000);
    const toMs = await closed();
    const missed = ceil(awayFrom);
    for (const symbol of SYMBOLS) {
      const truth = new Map((await world.truth(symbol, missed, toMs)).map((bar) => [bar.openTime, bar]));
      const gap = world.events.find(
        (event) => event.symbol === symbol && event.cause === 'no relay published',
      )!;
      expect(gap.from).toBeLessThanOrEqual(awayFrom);
      expect(gap.to).toBeGreaterThanOrEqual(awayTo);
      for (const openTime of minutesOf(missed, toMs)) {
        const ours = world.ours(symbol, openTime);
        const isMissed = openTime < gap.to! && openTime + MINUTE_MS > gap.from!;
        if (ours?.complete && !ours.filled) expect(told(ours)).toEqual(told(truth.get(openTime)!));
        else expect([openTime, isMissed]).toEqual([openTime, true]);
      }
      expect(minutesOf(missed, toMs).some((openTime) => !world.ours(symbol, openTime)?.complete)).toBe(true);
    }
  });
});
