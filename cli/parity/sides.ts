/** The two sides of a comparison: what a stack kept of its life, and what a replay of the recording publishes. */
import { z } from 'zod';
import type { History } from '../../connectors/history/port.ts';
import type { Journal } from '../../connectors/journal/reader.ts';
import { streamFrames } from '../../pipelines/replay/frames-replay.ts';
import type { Candle } from '../../schemas/candle.ts';
import { FeatureRow } from '../../schemas/feature-row.ts';
import { FeedEvent } from '../../schemas/feed-event.ts';
import type { SignalParams } from '../../schemas/params.ts';
import { decodePubsubMessage } from '../../schemas/pubsub-message.ts';
import { ScalpSignal } from '../../schemas/scalp-signal.ts';
import type { ParitySide } from '../../transforms/parity/parity.ts';
import { paramsHash } from '../../transforms/strategies/hashes.ts';

/** Signals in (fromMs, toMs]; bars from before it are evidence. Unit: ms since the epoch. */
export interface ParitySpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** @throws as the history does; ConfigError where a row is not what its table says. */
export async function liveSide(history: History, { fromMs, toMs }: ParitySpan): Promise<ParitySide> {
  const query = async <S extends z.ZodObject>(schema: S, sql: string): Promise<z.output<S>[]> =>
    (await history.query(sql, { fromMs, toMs })).map((row) => z.parse(schema, row));
  const [signals, rows, feedEvents] = [
    await query(
      ScalpSignal,
      `SELECT * FROM scalp_signals
       WHERE "timestamp" > make_timestamp_ms($fromMs) AND "timestamp" <= make_timestamp_ms($toMs)`,
    ),
    await query(
      FeatureRow,
      `SELECT * FROM features
       WHERE "closeTime" > make_timestamp_ms($fromMs) AND "closeTime" <= make_timestamp_ms($toMs)`,
    ),
    await query(
      FeedEvent,
      'SELECT * FROM feed_events WHERE ts > make_timestamp_ms($fromMs) AND ts <= make_timestamp_ms($toMs)',
    ),
  ];
  return { signals, rows, feedEvents };
}

export interface ReplaySideOptions {
  readonly journal: Journal;
  readonly params: SignalParams;
  readonly history: readonly Candle[];
  /** Share of the journal read so far, 0..1. */
  readonly onProgress?: (share: number) => void;
}

/** @throws UpstreamError, WireFormatError where the journal cannot be read. */
export async function replaySide(options: ReplaySideOptions): Promise<ParitySide> {
  const [signals, rows, feedEvents]: [ScalpSignal[], FeatureRow[], FeedEvent[]] = [[], [], []];
  const json = (data: Uint8Array): unknown => JSON.parse(Buffer.from(data).toString());
  await streamFrames({
    ...options,
    onMessages: () => undefined,
    onOther({ topic, messages }) {
      if (topic === 'feed-events')
        for (const { data } of messages) feedEvents.push(FeedEvent.parse(json(data)));
    },
    onDamage: () => undefined,
    take(topic, bytes) {
      if (topic === 'trade-signals-micro')
        signals.push(ScalpSignal.parse(json(decodePubsubMessage(bytes).data)));
      if (topic === 'market-features') rows.push(FeatureRow.parse(json(decodePubsubMessage(bytes).data)));
    },
  });
  return { signals, rows, feedEvents, paramsHash: paramsHash(options.params) };
}

/** Signals within a span, and bars since the recording began: before, both sides know what others told them. */
export function within(side: ParitySide, { fromMs, toMs }: ParitySpan, beganMs: number): ParitySide {
  return {
    ...side,
    signals: side.signals.filter(({ timestamp }) => timestamp > fromMs && timestamp <= toMs),
    rows: side.rows.filter(({ closeTime }) => closeTime > beganMs),
  };
}
