/** What the real graph makes of what feeds published: candles of a minute in all their revisions, and signals. */
import type { ReplayedInput } from '../../connectors/journal/replay.ts';
import { compileSignals } from '../../pipelines/compile.ts';
import { EMBEDDED_ENGINE } from '../../pipelines/replay/engine.ts';
import { FramesSource } from '../../pipelines/replay/frames-source.ts';
import { Candle } from '../../schemas/candle.ts';
import { DEFAULT_PARAMS, type SignalParams } from '../../schemas/params.ts';
import { MINUTE_MS, streamKey } from '../../schemas/primitives.ts';
import { decodePubsubMessage } from '../../schemas/pubsub-message.ts';
import { ScalpSignal } from '../../schemas/scalp-signal.ts';
import type { TopicName } from '../../schemas/topics.ts';

/** As long as may be: REST may be away for as long as a few faults together. */
export const LATENESS_MS = 20 * MINUTE_MS;
const PARAMS: SignalParams = {
  ...DEFAULT_PARAMS,
  market: { ...DEFAULT_PARAMS.market, allowedLatenessMs: LATENESS_MS },
};
/** Inputs that are walked through at once. */
const BLOCK = 1_000;

export interface MinuteCandles {
  readonly first: Candle;
  last: Candle;
  revisions: number;
  /** Those that said of themselves that they are whole. */
  readonly complete: Candle[];
}

export interface GraphResult {
  /** By venue:symbol, then open time. */
  readonly minutes: ReadonlyMap<string, ReadonlyMap<number, MinuteCandles>>;
  readonly signals: readonly ScalpSignal[];
}

/** @param lanes What was published, each in the order of time. */
export async function runGraph(
  lanes: readonly (readonly ReplayedInput[])[],
  history: readonly Candle[],
): Promise<GraphResult> {
  const inputs = lanes.flat().sort((a, b) => a.at.market - b.at.market);
  const source = new FramesSource({
    blocks: blocks(inputs),
    allowedDisorderMs: PARAMS.market.allowedDisorderMs,
    onOther: () => {},
  });
  const minutes = new Map<string, Map<number, MinuteCandles>>();
  const signals = new Map<string, ScalpSignal>();
  const options = { project: 'chaos', params: PARAMS, leadVenue: 'bybit', emitAfterMs: 0, history } as const;
  await EMBEDDED_ENGINE.run(compileSignals(options), {
    openSource: (name) => source.reader(name as TopicName),
    take: (topic, bytes) => {
      if (topic === 'market-candles') addCandle(minutes, bytes);
      if (topic !== 'trade-signals-micro') return;
      const signal = ScalpSignal.parse(jsonOf(bytes));
      signals.set(signal.id, signal);
    },
  });
  return { minutes, signals: [...signals.values()] };
}

async function* blocks(inputs: readonly ReplayedInput[]): AsyncGenerator<readonly ReplayedInput[]> {
  for (let i = 0; i < inputs.length; i += BLOCK) yield inputs.slice(i, i + BLOCK);
}

function addCandle(minutes: Map<string, Map<number, MinuteCandles>>, bytes: Uint8Array): void {
  const json = jsonOf(bytes) as { interval?: string };
  if (json.interval !== '1m') return;
  const candle = Candle.parse(json);
  const key = streamKey(candle.venue, candle.symbol);
  const own = minutes.get(key) ?? new Map<number, MinuteCandles>();
  minutes.set(key, own);
  const known = own.get(candle.openTime);
  if (!known) {
    const complete = candle.complete ? [candle] : [];
    own.set(candle.openTime, { first: candle, last: candle, revisions: 1, complete });
    return;
  }
  if (candle.complete) known.complete.push(candle);
  if (candle.revision <= known.last.revision) return;
  known.last = candle;
  known.revisions++;
}

function jsonOf(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(decodePubsubMessage(bytes).data).toString());
}
