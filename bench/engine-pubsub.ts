/** What runs between the topics of Google's in-memory Pub/Sub: how fast it works off a backlog, how soon a reader has a minute's bars. */
import { join } from 'node:path';
import { systemClock } from '../connectors/clock/system.ts';
import type { Published } from '../pipelines/signals.fixture.ts';
import { DEFAULT_PARAMS } from '../schemas/params.ts';
import { HOUR_MS, MINUTE_MS } from '../schemas/primitives.ts';
import type { TopicName } from '../schemas/topics.ts';
import { type Second, SYMBOLS } from '../test/single-node/day.ts';
import { World, type WorldOptions } from '../test/single-node/world.ts';
import { END, hashOf, RESULTS, secondsOfInput, timeOf, UP } from './engine-input.ts';
import { ProcessFamily, type Spending } from './processes.ts';

const GIVE_UP_MS = 600_000;
/** Both engines on Pub/Sub read by as many connections, of which the server serves each with a message in 10 ms. */
const LIVE_SCRIPT = join(import.meta.dirname, 'engine-live.ts');
/** Nothing is missing from the topics: nothing is waited for. Unit: market ms. */
const NO_END_MS = 24 * HOUR_MS;

export type Service = 'node' | 'flink';

export interface Backlog extends Spending {
  readonly elapsedMs: number;
  readonly hash: string;
}

function optionsFor(
  service: Service,
): Pick<WorldOptions, 'params' | 'history' | 'upMs' | 'seconds' | 'lookEveryMs'> {
  return {
    params: DEFAULT_PARAMS,
    history: [],
    upMs: UP,
    seconds: secondsOfInput(),
    lookEveryMs: 10,
    ...(service === 'flink' ? { script: LIVE_SCRIPT } : {}),
  };
}

/** From the start of the process, with all of the input on the topics, to a reader having the last of the output. */
export async function measureBacklog(service: Service): Promise<Backlog> {
  const published: Published[] = [];
  const done = Promise.withResolvers<void>();
  let beyond = 0;
  const onOutput = (topic: TopicName, json: string) => {
    published.push({ topic, id: JSON.parse(json).id, json, turn: 0 });
    // The feature rows of a minute come last.
    if (topic === 'market-features' && timeOf(topic, json) > END) beyond += 1;
    if (beyond === SYMBOLS.length) done.resolve();
  };
  // A node of a history would count its writing of it.
  const change = service === 'node' ? { dir: undefined, patienceMs: NO_END_MS } : {};
  const world = await World.open({ ...optionsFor(service), speed: 1, change, onOutput });
  try {
    await world.publishAtOnce();
    const startedMs = performance.now();
    const family = new ProcessFamily(world.spawn());
    await inTime(done.promise, world);
    const elapsedMs = performance.now() - startedMs;
    const spent = family.stop();
    await world.end('SIGTERM');
    const results = published.filter(({ topic }) => RESULTS.includes(topic));
    return { ...spent, elapsedMs, hash: hashOf(results) };
  } finally {
    await world.close();
  }
}

/** The graph closes a minute when the second after it and the allowed disorder has been told. */
const CERTAIN_AFTER_MS = DEFAULT_PARAMS.market.allowedDisorderMs;
/** The first minutes are those of its start. */
const FROM = UP + 20 * MINUTE_MS;
const TO = FROM + HOUR_MS;

/** From the publication that makes a minute certain to a reader having the bars of all symbols; sorted. Unit: ms. */
export async function measureDelays(service: Service, speed: number): Promise<number[]> {
  const publishedMs = new Map<number, number>();
  const bars = new Map<number, number>();
  const delays: number[] = [];
  const done = Promise.withResolvers<void>();
  const onPublish = (seconds: readonly Second[]) => {
    for (const { endMs } of seconds) publishedMs.set(endMs - CERTAIN_AFTER_MS, performance.now());
  };
  const onOutput = (topic: TopicName, json: string) => {
    if (topic !== 'market-candles' || JSON.parse(json).interval !== '1m') return;
    const closeMs = timeOf(topic, json);
    const known = (bars.get(closeMs) ?? 0) + 1;
    bars.set(closeMs, known);
    if (closeMs <= FROM || closeMs > TO || known !== SYMBOLS.length) return;
    delays.push(performance.now() - publishedMs.get(closeMs)!);
    if (delays.length === (TO - FROM) / MINUTE_MS) done.resolve();
  };
  const world = await World.open({ ...optionsFor(service), speed, onPublish, onOutput });
  try {
    world.spawn();
    void world.publish();
    await inTime(done.promise, world);
    await world.end('SIGTERM');
    return delays.sort((a, b) => a - b);
  } finally {
    await world.close();
  }
}

async function inTime(done: Promise<void>, world: World): Promise<void> {
  const stop = new AbortController();
  const late = systemClock.until(systemClock.now() + GIVE_UP_MS, stop.signal).then(() => {
    if (!stop.signal.aborted) throw new Error(`Expected all output in time, got: ${world.complaints}`);
  });
  await Promise.race([done, late]);
  stop.abort();
}
