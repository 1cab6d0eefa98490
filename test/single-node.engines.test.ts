/** One node on Pub/Sub, killed at random moments of a day: what it leaves is what one that lived would have left. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../connectors/clock/system.ts';
import { Random } from '../connectors/random.ts';
import { SignalParams } from '../schemas/params.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../schemas/primitives.ts';
import { ENVIRONMENT } from './engines/needs.ts';
import { needGo } from './pstest/pstest.ts';
import { candlesBefore, START, secondsOfDay } from './single-node/day.ts';
import { differences, doubled, expectedOutputs, finalCandles, withoutHash } from './single-node/expected.ts';
import type { Outputs } from './single-node/readers.ts';
import { World } from './single-node/world.ts';

/** By default what fits into three minutes; the whole proof: CST_KILLS=100 CST_KILL_HOURS=24, some eight minutes. */
const KILLS = Number(ENVIRONMENT.CST_KILLS ?? 20);
const HOURS = Number(ENVIRONMENT.CST_KILL_HOURS ?? 6);
const SEED = Number(ENVIRONMENT.CST_KILL_SEED ?? 1);
/** Market seconds per second, while the node keeps up. */
const SPEED = 300;
const END = START + HOURS * HOUR_MS;
/** The feed goes on until all that closes with the day has closed. */
const FEED_END = END + 120_000;

/** Market time outruns the restarts: a signal must not be too old to be entered for as long as the day lasts. */
const PARAMS = { risk: { expiresAfterMs: DAY_MS } };

const params = SignalParams.parse(PARAMS);
let world: World;
let expected: Outputs;

beforeAll(async () => {
  const history = await candlesBefore();
  const seconds = secondsOfDay(FEED_END);
  expected = await expectedOutputs(seconds, history, params);
  world = await World.open({ speed: SPEED, params: PARAMS, history, seconds });
}, 600_000);

afterAll(() => world?.close(), 60_000);

it(`leaves all candles and signals of ${HOURS} h after ${KILLS} kills, none twice`, {
  timeout: 3_600_000,
}, async (context) => {
  needGo(context);
  const startedMs = systemClock.now();
  const moments = await killAtRandom();
  const wanted = finalCandles(expected, START, END);
  await until(() => isAllThere(wanted.size));
  const stoppedMs = systemClock.now();
  expect(await world.end('SIGTERM'), world.complaints).toBe(0);
  const stopMs = systemClock.now() - stoppedMs;

  const got = finalCandles(world.outputs, START, END);
  const signals = { wanted: signalsOf(expected), got: signalsOf(world.outputs) };
  const kills = moments.map((ms) => new Date(ms).toISOString().slice(11, 16)).join(' ');
  console.log(
    `${KILLS} kills in ${(systemClock.now() - startedMs) / 1_000} s at ${SPEED}×, at ${kills}; ` +
      `${got.size} candles, ${signals.got.size} signals, ${world.copies} copies, stopped in ${stopMs} ms; ` +
      `ids with two contents: candles ${doubled(world.outputs, 'market-candles').length}, ` +
      `levels ${doubled(world.outputs, 'market-levels').length}, features ${doubled(world.outputs, 'market-features').length}`,
  );
  expect(tell(differences(contentOf(got), contentOf(wanted)))).toEqual([]);
  expect(tell(differences(signals.got, signals.wanted))).toEqual([]);
  expect(doubled(world.outputs, 'trade-signals-micro')).toEqual([]);
  expect(world.outputs.get('dead-letters')?.size).toBe(0);
  expect(signals.wanted.size).toBeGreaterThan(HOURS);
});

/** Of a candle, all but how many facts each process had seen of it. */
function contentOf(finals: ReturnType<typeof finalCandles>): Map<string, string> {
  return new Map([...finals].map(([bar, { id, revision, ...content }]) => [bar, JSON.stringify(content)]));
}

function tell(lines: string[]): string[] {
  return lines.length > 10 ? [...lines.slice(0, 10), `and ${lines.length - 10} more`] : lines;
}

/** Signals of the day by id. */
function signalsOf(outputs: Outputs): Map<string, string> {
  const signals = new Map<string, string>();
  for (const [id, [json]] of outputs.get('trade-signals-micro') ?? []) {
    const closeMs = Date.parse(JSON.parse(json!).timestamp);
    if (closeMs > START && closeMs <= END) signals.set(id, withoutHash(json!));
  }
  return signals;
}

/** Starts the node, and kills and starts it again at moments of the day; resolves with them. Unit: market ms. */
async function killAtRandom(): Promise<number[]> {
  const random = new Random(SEED);
  const planned = Array.from({ length: KILLS }, () => random.between(START + 10 * MINUTE_MS, END)).sort(
    (a, b) => a - b,
  );
  const moments: number[] = [];
  world.spawn();
  const publishing = world.publish();
  for (const moment of planned) {
    await until(() => world.now() >= moment);
    expect(world.hasFailed, world.complaints).toBe(false);
    moments.push(world.now());
    await world.end('SIGKILL');
    world.spawn();
    // In the middle of its start, of its warming, or of its work.
    await systemClock.until(systemClock.now() + random.between(0, 3_000));
  }
  await publishing;
  return moments;
}

function isAllThere(candles: number): boolean {
  expect(world.hasFailed, world.complaints).toBe(false);
  const all = finalCandles(world.outputs, START, END);
  return all.size >= candles;
}

async function until(isSo: () => boolean): Promise<void> {
  const giveUpMs = systemClock.now() + 120_000;
  while (!isSo()) {
    await systemClock.until(systemClock.now() + 20);
    if (systemClock.now() > giveUpMs) return;
  }
}
