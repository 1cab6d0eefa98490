import { describe, expect, it } from 'vitest';
import type { TradeRow } from '../../../schemas/trade-batch.ts';
import { BTC, type Message, MINUTE, T0, tradesMessage } from '../../signals.fixture.ts';
import type { SourceChunk, SourceReader } from '../embedded/edges.ts';
import { firstCloseOf } from './first-close.ts';
import { messagesOf } from './frame.ts';
import { type RecordedEvent, record } from './recording.ts';

const HOUR = 60 * MINUTE;
let trades = 0;
function tradeAt(ts: number): Message {
  trades += 1;
  const row: TradeRow = { ts, seq: trades, tradeId: String(trades), price: 100, size: 1, side: 'BUY' };
  return tradesMessage(BTC, [row]);
}

/** A chunk of messages of trades at these times, then the watermark. */
function chunk(watermarkMs: number, ...times: number[]): SourceChunk {
  const messages = times.map((ts) => ({ ...tradeAt(ts), ack: () => undefined }));
  return { messages, watermarkMs };
}

function reader(...chunks: SourceChunk[]): SourceReader {
  return { read: () => chunks.shift(), close: () => undefined };
}

const end = () => chunk(Number.POSITIVE_INFINITY);

/** Watermarks as they are, messages as their number. */
function outline(events: readonly RecordedEvent[]): (number | string)[] {
  return events.map((event) => {
    if (event.kind === 'watermark') return event.watermarkMs;
    const counts = event.frames.map(({ bytes }) => [0, 1].map((n) => [...messagesOf(bytes, n)].length));
    return counts.map((of) => of.join('+')).join(' ');
  });
}

const recorded = async (stepMs: number, ...chunks: SourceChunk[]) =>
  outline((await record(new Map([['raw-tick-data', reader(...chunks)]]), { stepMs })).events);

describe('a recording', () => {
  it('is the chunks and watermarks of its source, where every one is asked for', async () => {
    const events = await recorded(0, chunk(T0, T0, T0 + 1), chunk(T0), chunk(T0 + 5, T0 + 6), end());
    expect(events).toEqual(['2+0', T0, '1+0', T0 + 5, Number.POSITIVE_INFINITY]);
  });

  it('leaves out watermarks between which nothing is late', async () => {
    const minutes = [1, 2, 3].map((n) => chunk(T0 + n * MINUTE, T0 + n * MINUTE + 1));
    const events = await recorded(HOUR, chunk(T0, T0), ...minutes, end());
    expect(events).toEqual(['1+0', T0, '1+0 1+0 1+0', Number.POSITIVE_INFINITY]);
  });

  it('tells at least one a step', async () => {
    const minutes = [1, 2, 3].map((n) => chunk(T0 + n * HOUR, T0 + n * HOUR + 1));
    const events = await recorded(2 * HOUR, chunk(T0, T0), ...minutes, end());
    expect(events).toEqual(['1+0', T0, '1+0 1+0', T0 + 2 * HOUR, '1+0', Number.POSITIVE_INFINITY]);
  });

  it('tells the last one before a late message, so that it is late by as much', async () => {
    const late = chunk(T0 + 3 * MINUTE, T0 + MINUTE - 1);
    const steps = [
      chunk(T0, T0),
      chunk(T0 + 2 * MINUTE, T0 + 2 * MINUTE),
      chunk(T0 + 3 * MINUTE),
      late,
      end(),
    ];
    expect(await recorded(HOUR, ...steps)).toEqual([
      ...['1+0', T0, '1+0', T0 + 3 * MINUTE, '1+0'],
      Number.POSITIVE_INFINITY,
    ]);
  });

  it('says whether anything is late', async () => {
    const of = async (...chunks: SourceChunk[]) =>
      (await record(new Map([['raw-tick-data', reader(...chunks)]]), { stepMs: HOUR })).hasLate;
    expect(await of(chunk(T0 + MINUTE, T0), chunk(T0 + 2 * MINUTE, T0 + MINUTE), end())).toBe(false);
    expect(await of(chunk(T0 + MINUTE, T0), chunk(T0 + 2 * MINUTE, T0), end())).toBe(true);
  });

  it('takes a message for late only where a minute of it has closed', async () => {
    const inOpenMinute = chunk(T0 + 90_000, T0 + 61_000);
    expect(await recorded(HOUR, chunk(T0 + 10, T0), chunk(T0 + 80_000), inOpenMinute, end())).toEqual([
      ...['1+0', T0 + 10, '1+0'],
      Number.POSITIVE_INFINITY,
    ]);
  });

  it('waits for the slowest of several sources, and numbers them', async () => {
    const sources = new Map([
      ['book-snapshots', reader()],
      ['raw-tick-data', reader(chunk(T0, T0), end())],
    ]);
    expect(outline((await record(sources, { stepMs: 0 })).events)).toEqual([
      '0+1',
      T0,
      Number.POSITIVE_INFINITY,
    ]);
    const slow = new Map([
      ['book-snapshots', reader(chunk(T0 + 1), chunk(T0 + 2), end())],
      ['raw-tick-data', reader(chunk(T0 + 2, T0), chunk(T0 + 2), end())],
    ]);
    const { events } = await record(slow, { stepMs: 0 });
    expect(outline(events)).toEqual(['0+1', T0 + 1, T0 + 2, Number.POSITIVE_INFINITY]);
  });
});

describe('the first window of a message', () => {
  it('is that of its earliest minute', () => {
    expect(firstCloseOf('raw-tick-data', tradeAt(T0 + 59_999).bytes)).toBe(T0 + MINUTE);
    expect(firstCloseOf('raw-tick-data', tradeAt(T0 + MINUTE).bytes)).toBe(T0 + 2 * MINUTE);
  });

  it('is none where it cannot be read: a dead letter is never late', () => {
    expect(firstCloseOf('raw-tick-data', new Uint8Array([1, 2, 3]))).toBe(Number.POSITIVE_INFINITY);
    expect(firstCloseOf('book-snapshots', new Uint8Array())).toBe(Number.POSITIVE_INFINITY);
  });
});
