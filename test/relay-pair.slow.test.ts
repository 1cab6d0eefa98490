import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../connectors/clock/system.ts';
import { Random } from '../connectors/random.ts';
import type { Candle } from '../schemas/candle.ts';
import type { FeedEvent } from '../schemas/feed-event.ts';
import { MINUTE_MS } from '../schemas/primitives.ts';
import { KILLS } from './relay-pair/kills.ts';
import { type Relay, SYMBOLS, TTL_MS, until, World } from './relay-pair/world.ts';

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

  /** Both die, and two others begin a while later. */
  async function away(restUrl?: string): Promise<{ awayFrom: number; awayTo: number; toMs: number }> {
    for (const relay of relays) await world.kill(relay);
    const awayFrom = world.clock.now();
    await systemClock.until(systemClock.now() + 7_500);
    const awayTo = world.clock.now();
    relays = [world.start(restUrl), world.start(restUrl)];
    await ready(relays);
    await systemClock.until(systemClock.now() + 6_000);
    return { awayFrom, awayTo, toMs: await closed() };
  }

  it('marks what both missed and REST cannot tell, and tells it in the ledger', async () => {
    const { awayFrom, awayTo, toMs } = await away('http://127.0.0.1:9');
    const missed = ceil(awayFrom);
    for (const symbol of SYMBOLS) {
      const truth = new Map((await world.truth(symbol, missed, toMs)).map((bar) => [bar.openTime, bar]));
      const gap = gapOf(symbol, awayFrom, awayTo)!;
      for (const openTime of minutesOf(missed, toMs)) {
        const ours = world.ours(symbol, openTime);
        const isMissed = openTime < gap.to! && openTime + MINUTE_MS > gap.from!;
        if (ours?.complete && !ours.filled) expect(told(ours)).toEqual(told(truth.get(openTime)!));
        else expect([openTime, isMissed]).toEqual([openTime, true]);
      }
      expect(world.ours(symbol, missed)?.complete ?? false).toBe(false);
    }
  });

  it('has what both missed from REST where that goes back so far, and says that it is resolved', async () => {
    const { awayFrom, awayTo, toMs } = await away();
    for (const symbol of SYMBOLS) {
      const truth = await world.truth(symbol, ceil(awayFrom), toMs);
      for (const bar of truth) {
        const ours = world.ours(symbol, bar.openTime)!;
        expect(ours).toMatchObject({ complete: true });
        if (!ours.filled) expect(told(ours)).toEqual(told(bar));
      }
      const gap = gapOf(symbol, awayFrom, awayTo)!;
      const resolution = world.events.find(
        (event) =>
          event.symbol === symbol &&
          event.kind === 'RECOVERED' &&
          event.from! <= gap.from! &&
          event.to! >= gap.to!,
      );
      expect(resolution).toMatchObject({ resolved: true });
    }
  });
});

/** The ledger's entry of a span in which nobody was there. */
function gapOf(symbol: string, fromMs: number, toMs: number): FeedEvent | undefined {
  return world.events.find(
    ({ symbol: of, kind, from, to }) => of === symbol && kind === 'GAP' && from! <= fromMs && to! >= toMs,
  );
}
