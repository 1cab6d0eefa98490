/** One node on Google's in-memory Pub/Sub: how soon the bars of a closed minute are with a reader. */
import { systemClock } from '../connectors/clock/system.ts';
import { HOUR_MS, MINUTE_MS } from '../schemas/primitives.ts';
import { candlesBefore, START, SYMBOLS, secondsOfDay } from '../test/single-node/day.ts';
import { World } from '../test/single-node/world.ts';
import { percentile, type Row } from './benchmark.ts';

const LOOK_EVERY_MS = 5;
const GIVE_UP_MS = 300_000;
/** A minute is certain when the second after the allowed disorder of 2 s has been published. Unit: ms. */
const CERTAIN_AFTER_MS = 3_000;

/** @param speed Market seconds per second. @throws where the server cannot be built: it takes Go. */
export async function measureNode(speed: number): Promise<Row> {
  const endMs = START + HOUR_MS;
  const world = await World.open({
    speed,
    params: {},
    history: await candlesBefore(),
    seconds: secondsOfDay(endMs + 2 * MINUTE_MS),
  });
  try {
    world.spawn();
    const publishing = world.publish();
    const seen = await closesSeen(world, endMs);
    await publishing;
    const delays = [...seen].map(([closeMs, atMs]) => (atMs - closeMs - CERTAIN_AFTER_MS) / speed);
    delays.sort((a, b) => a - b);
    const ms = (share: number) => `${Math.round(percentile(delays, share))} ms`;
    return {
      'symbol-minutes': String(seen.size * SYMBOLS.length),
      'close to reader: p50': ms(0.5),
      p99: ms(0.99),
    };
  } finally {
    await world.close();
  }
}

/** Market time at which the 1m bars of all symbols had reached a reader, by their close. */
async function closesSeen(world: World, endMs: number): Promise<Map<number, number>> {
  const seen = new Map<number, number>();
  const giveUpMs = systemClock.now() + GIVE_UP_MS;
  while (seen.size < HOUR_MS / MINUTE_MS && systemClock.now() < giveUpMs) {
    const counts = new Map<number, number>();
    for (const [json] of world.outputs.get('market-candles')!.values()) {
      const { interval, openTime } = JSON.parse(json!);
      const closeMs = Date.parse(openTime) + MINUTE_MS;
      if (interval === '1m' && closeMs > START && closeMs <= endMs)
        counts.set(closeMs, (counts.get(closeMs) ?? 0) + 1);
    }
    for (const [closeMs, count] of counts)
      if (count >= SYMBOLS.length && !seen.has(closeMs)) seen.set(closeMs, world.now());
    await systemClock.until(systemClock.now() + LOOK_EVERY_MS);
  }
  return seen;
}
