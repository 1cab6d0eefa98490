/** One node on Pub/Sub, killed at random moments of a day: what it leaves is what one that lived would have left. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../connectors/clock/system.ts';
import { Random } from '../connectors/exchanges/random.ts';
import { SignalParams } from '../schemas/params.ts';
import { DAY_MS, HOUR_MS } from '../schemas/primitives.ts';
import { ENVIRONMENT } from './engines/needs.ts';
import { needGo } from './pstest/pstest.ts';
import { candlesBefore, START, secondsOfDay } from './single-node/day.ts';
import { differences, doubled, expectedOutputs, finalCandles } from './single-node/expected.ts';
import { type Outputs, World } from './single-node/world.ts';

/** By default what fits into three minutes; the whole proof: CST_KILLS=100 CST_KILL_HOURS=24, a quarter of an hour. */
const KILLS = Number(ENVIRONMENT.CST_KILLS ?? 20);
const HOURS = Number(ENVIRONMENT.CST_KILL_HOURS ?? 6);
const SEED = Number(ENVIRONMENT.CST_KILL_SEED ?? 1);
/** Mean of a life. Starting takes two seconds of it and more. Unit: ms. */
const LIFE_MS = 8_000;
/** The day lasts a little longer than the lives, so that kills fall on all of it. Market seconds per second. */
const SPEED = Math.round((HOURS * HOUR_MS) / (KILLS * (LIFE_MS + 500) + 10_000));
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
  expect(signals.wanted.size).toBeGreaterThan(10);
});

/** Of a candle, all but how many facts each process had seen of it. */
function contentOf(finals: ReturnType<typeof finalCandles>): Map<string, string> {
  return new Map([...finals].map(([bar, { id, revision, ...content }]) => [bar, JSON.stringify(content)]));
}

function tell(lines: string[]): string[] {
  return lines.length > 10 ? [...lines.slice(0, 10), `and ${lines.length - 10} more`] : lines;
}

/**
 * Signals of the day by id, without the hash of what they were made of: it counts facts that a later process may not have
 * read.
 */
function signalsOf(outputs: Outputs): Map<string, string> {
  const signals = new Map<string, string>();
  for (const [id, [json]] of outputs.get('trade-signals-micro') ?? []) {
    const { inputs_hash, ...content } = JSON.parse(json!);
    const closeMs = Date.parse(content.timestamp);
    if (closeMs > START && closeMs <= END) signals.set(id, JSON.stringify(content));
  }
  return signals;
}

/** Starts the node, and kills and starts it again; resolves with the market time of each kill. */
async function killAtRandom(): Promise<number[]> {
  const random = new Random(SEED);
  const moments: number[] = [];
  world.spawn();
  const publishing = world.publish();
  // An earlier death leaves nothing of its own to resume from: see the documentation.
  await until(() => finalCandles(world.outputs, START, END).size > 0);
  while (moments.length < KILLS) {
    await systemClock.until(systemClock.now() + random.between(0.05, 1.95) * LIFE_MS);
    expect(world.hasFailed, world.complaints).toBe(false);
    moments.push(world.now());
    await world.end('SIGKILL');
    world.spawn();
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
    await systemClock.until(systemClock.now() + 200);
    if (systemClock.now() > giveUpMs) return;
  }
}
