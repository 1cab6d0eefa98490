/** A stack's life on the exchange twin, recorded, as its history keeps it; with something done to what its graph was told. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SimulatedMarket } from '../../connectors/exchanges/simulated/market.ts';
import { openDuckDbHistory } from '../../connectors/history/duckdb.ts';
import { rowsOf, tableOf } from '../../connectors/history/rows.ts';
import { openJournal } from '../../connectors/journal/reader.ts';
import { record, START, SYMBOLS } from '../../connectors/journal/recorded.fixture.ts';
import { type ReplayedInput, replayJournal } from '../../connectors/journal/replay.ts';
import { compileSignals } from '../../pipelines/compile.ts';
import { EMBEDDED_ENGINE } from '../../pipelines/replay/engine.ts';
import { FramesSource } from '../../pipelines/replay/frames-source.ts';
import { fetchSimulated } from '../../pipelines/simulated.fixture.ts';
import { warmCandles } from '../../pipelines/warm-start.ts';
import type { Candle } from '../../schemas/candle.ts';
import { Candle as CandleSchema } from '../../schemas/candle.ts';
import type { FeedEvent } from '../../schemas/feed-event.ts';
import { SignalParams } from '../../schemas/params.ts';
import { DAY_MS, MINUTE_MS } from '../../schemas/primitives.ts';
import { decodePubsubMessage } from '../../schemas/pubsub-message.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { wireJson } from '../../schemas/wire-json.ts';

export { START };
/** So loose that some minutes of the twin bring signals. */
export const LOOSE = {
  levels: { touchTolerance: 0.03, wickTolerance: 0.02 },
  srExhaustion: { minChecks: 1, minChecksAgainstTrend: 1 },
} as const;
/** As the twin's. */
const SEED = 3;
const KEPT: readonly TopicName[] = ['market-features', 'trade-signals-micro', 'market-candles'];

export interface LiveDay {
  /** Of the recording. */
  readonly frames: string;
  readonly paramsFile: string;
  readonly warm: readonly Candle[];
}

export async function recordedDay(minutes: number, closers: (() => Promise<unknown>)[]): Promise<LiveDay> {
  const on = await record('bybit', [], closers);
  await on.pass(minutes * MINUTE_MS + 10_000);
  await on.relay.stop();
  await on.recorder.close();
  const market = new SimulatedMarket(SEED);
  const symbols = SYMBOLS.bybit;
  const markets = symbols.map((symbol) => market.of(symbol));
  const fetchKlines = await fetchSimulated(markets, START - 2 * DAY_MS, START);
  const warm = await warmCandles({ venue: 'bybit', symbols, startMs: START, fetchKlines });
  const paramsFile = join(on.dir, 'params.json');
  writeFileSync(paramsFile, JSON.stringify(LOOSE));
  return { frames: on.dir, paramsFile, warm };
}

export interface Tampering {
  readonly params?: object;
  readonly inputs?: (inputs: readonly ReplayedInput[]) => readonly ReplayedInput[];
  readonly feedEvents?: readonly FeedEvent[];
}

/** Writes the history of a stack that lived through the recording. */
export async function liveHistory(day: LiveDay, path: string, tampering: Tampering = {}): Promise<void> {
  const history = await openDuckDbHistory({ path });
  const rows = new Map<TopicName, Readonly<Record<string, unknown>>[]>(KEPT.map((topic) => [topic, []]));
  for (const { topic, data } of await published(day, tampering))
    rows.get(topic)?.push(...rowsOf(topic, data));
  for (const [topic, those] of rows) await history.insert(tableOf(topic), those);
  await history.insert(
    'candles',
    day.warm.map((candle) => JSON.parse(wireJson(CandleSchema, candle))),
  );
  const events = (tampering.feedEvents ?? []).map((event) => ({
    ...event,
    ts: iso(event.ts),
    from: iso(event.from!),
    to: iso(event.to!),
  }));
  if (events.length > 0) await history.insert('feed_events', events);
  await history.close();
}

const iso = (ms: number) => new Date(ms).toISOString();

async function published(day: LiveDay, { params, inputs = (all) => all }: Tampering) {
  const journal = await openJournal(day.frames);
  const all: ReplayedInput[] = [];
  for await (const block of replayJournal(journal)) all.push(...block);
  const told = inputs(all);
  const signalParams = SignalParams.parse({ ...LOOSE, ...params });
  const { allowedDisorderMs } = signalParams.market;
  const source = new FramesSource({
    blocks: blocksOf(told),
    allowedDisorderMs,
    onOther: () => undefined,
  });
  const pipeline = compileSignals({
    project: 'live',
    params: signalParams,
    leadVenue: 'bybit',
    history: [...day.warm],
    emitAfterMs: 0,
  });
  const out: { readonly topic: TopicName; readonly data: Uint8Array }[] = [];
  await EMBEDDED_ENGINE.run(pipeline, {
    openSource: (name) => source.reader(name as TopicName),
    take: (topic, bytes) => out.push({ topic: topic as TopicName, data: decodePubsubMessage(bytes).data }),
  });
  return out;
}

async function* blocksOf(inputs: readonly ReplayedInput[]): AsyncGenerator<readonly ReplayedInput[]> {
  for (let at = 0; at < inputs.length; at += 200) yield inputs.slice(at, at + 200);
}
