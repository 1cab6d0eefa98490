/** A replay of raw frames: a journal through the feed it was recorded from, and on through the graph, into one file a topic. */
import type { OutgoingMessage } from '../../connectors/bus/port.ts';
import type { Clock } from '../../connectors/clock/port.ts';
import type { FeedMessages } from '../../connectors/feed/feed-io.ts';
import type { Journal } from '../../connectors/journal/reader.ts';
import { replayJournal } from '../../connectors/journal/replay.ts';
import type { Candle } from '../../schemas/candle.ts';
import { FeedEvent } from '../../schemas/feed-event.ts';
import { positionOf } from '../../schemas/feed-position.ts';
import type { SignalParams } from '../../schemas/params.ts';
import type { Interval } from '../../schemas/primitives.ts';
import { encodePubsubMessage } from '../../schemas/pubsub-message.ts';
import { ATTRIBUTES, type TopicName } from '../../schemas/topics.ts';
import { compileSignals } from '../compile.ts';
import { EMBEDDED_ENGINE, type ReplayEnds } from './engine.ts';
import { FramesSource } from './frames-source.ts';
import { ReplayOutput, type Revisions } from './output.ts';
import { countCandles } from './summary.ts';

export interface FramesReplayOptions {
  readonly journal: Journal;
  readonly params: SignalParams;
  /** Closed candles from before. */
  readonly history: readonly Candle[];
  /** Folder for the output files. */
  readonly out: string;
  readonly clock: Clock;
  /** Share of the journal read so far, 0..1. */
  readonly onProgress?: (share: number) => void;
  readonly revisions?: Revisions;
}

export interface FramesSummary {
  readonly frames: number;
  /** Lives of a relay; `partial` are those whose beginning was removed. */
  readonly runs: number;
  readonly partial: number;
  /** Market time of the first and the last input. Unit: ms since the epoch. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Trades that the feeds published: those in the last revisions of the candles, copies of them, and those too late for a revision. */
  readonly trades: number;
  readonly tradesInCandles: number;
  readonly duplicates: number;
  readonly droppedLate: number;
  /** Published lines, every revision. */
  readonly candles: Readonly<Record<Interval, number>>;
  readonly levels: number;
  readonly features: number;
  readonly signals: number;
  readonly deadLetters: number;
  /** Entries of the ledger, by kind. */
  readonly feedEvents: Readonly<Record<string, number>>;
  /** Of the journal: a torn tail, or damage. */
  readonly damagedBytes: number;
  readonly elapsedMs: number;
  readonly framesPerSecond: number;
  /** SHA-256 over the topic files in the order of REPLAY_TOPICS. */
  readonly outputSha256: string;
}

export interface FramesStreamOptions
  extends Pick<FramesReplayOptions, 'journal' | 'params' | 'history' | 'onProgress'> {
  /** As of `streamFiles`. */
  readonly take: ReplayEnds['take'];
  readonly onTime?: (watermarkMs: number) => void;
  readonly publishAfterMs?: number;
  /** Told of everything that the feed published. */
  readonly onMessages: (messages: FeedMessages) => void;
  /** Of that, what the graph does not read: feed events, dead letters. */
  readonly onOther: (messages: FeedMessages) => void;
  /** Bytes that are no block. */
  readonly onDamage: (bytes: number) => void;
}

/**
 * The same journal publishes the same records in the same order, run for run.
 * @throws UpstreamError, WireFormatError where the journal cannot be read.
 */
export async function streamFrames(options: FramesStreamOptions): Promise<FramesSource> {
  const { journal, params, history, onMessages, onOther, onDamage, onProgress, onTime, take } = options;
  const source = new FramesSource({
    allowedDisorderMs: params.market.allowedDisorderMs,
    blocks: replayJournal(journal, { ...(onProgress ? { onProgress } : {}), onDamage, onMessages }),
    onOther,
    ...(onTime ? { onTime } : {}),
  });
  const { publishAfterMs } = options;
  const pipeline = compileSignals({
    project: 'replay',
    params,
    leadVenue: journal.venue,
    history,
    emitAfterMs: 0,
    ...(publishAfterMs === undefined ? {} : { publishAfterMs }),
  });
  await EMBEDDED_ENGINE.run(pipeline, { openSource: (name) => source.reader(name as TopicName), take });
  onTime?.(Number.POSITIVE_INFINITY);
  return source;
}

/**
 * The same journal and options give the same bytes in `out`, run for run.
 * @throws UpstreamError, WireFormatError where the journal cannot be read.
 */
export async function replayFrames(options: FramesReplayOptions): Promise<FramesSummary> {
  const { journal, clock } = options;
  const startedMs = clock.now();
  const output = new ReplayOutput(options.revisions);
  const tally = new Tally(output);
  const source = await streamFrames({
    ...options,
    onDamage: (bytes) => {
      tally.damagedBytes += bytes;
    },
    onMessages: (messages) => tally.count(messages),
    onOther: (messages) => tally.take(messages),
    take: (topic, bytes) => output.take(topic, bytes),
  });
  output.end();
  const { candles, trades: tradesInCandles, received } = countCandles(output);
  const outputSha256 = await output.write(options.out);
  const elapsedMs = Math.max(1, clock.now() - startedMs);
  const { fromMs = 0, toMs = 0 } = source.span ?? {};
  return {
    frames: source.frames,
    runs: journal.runs.length,
    partial: journal.runs.filter(({ isWhole }) => !isWhole).length,
    fromMs,
    toMs,
    trades: tally.trades,
    tradesInCandles,
    duplicates: received - tradesInCandles,
    droppedLate: tally.trades - received,
    candles,
    levels: output.count('market-levels'),
    features: output.count('market-features'),
    signals: output.count('trade-signals-micro'),
    deadLetters: output.count('dead-letters'),
    feedEvents: Object.fromEntries(tally.events),
    damagedBytes: tally.damagedBytes,
    elapsedMs,
    framesPerSecond: Math.round((source.frames / elapsedMs) * 1_000),
    outputSha256,
  };
}

/** What the feed published, counted; what the graph does not read, kept. */
class Tally {
  trades = 0;
  damagedBytes = 0;
  readonly events = new Map<string, number>();
  readonly #letters = new Set<string>();
  readonly #output: ReplayOutput;

  constructor(output: ReplayOutput) {
    this.#output = output;
  }

  count({ topic, messages }: FeedMessages): void {
    if (topic !== 'raw-tick-data') return;
    for (const { attributes } of messages) {
      const position = positionOf(attributes);
      if (position) this.trades += position.to - position.from;
    }
  }

  take({ topic, messages }: FeedMessages): void {
    for (const message of messages) {
      if (topic === 'dead-letters') this.#takeLetter(message);
      else if (topic === 'feed-events') {
        const { kind } = FeedEvent.parse(JSON.parse(Buffer.from(message.data).toString()));
        this.events.set(kind, (this.events.get(kind) ?? 0) + 1);
      }
    }
  }
  /** The same frame refused later is the same letter, with another time: as on a bus, the first is kept. */
  #takeLetter(message: OutgoingMessage): void {
    const id = message.attributes[ATTRIBUTES.id]!;
    if (this.#letters.has(id)) return;
    this.#letters.add(id);
    this.#output.take('dead-letters', encodePubsubMessage({ ...message, messageId: '' }));
  }
}
