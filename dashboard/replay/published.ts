/** What a replay of the graph wrote into files, in the order and at the times in which it was known. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Candle, closeTime } from '../../schemas/candle.ts';
import { UpstreamError } from '../../schemas/errors.ts';
import { INTERVALS, type Venue } from '../../schemas/primitives.ts';
import type { TopicName } from '../../schemas/topics.ts';

export interface Published {
  readonly topic: TopicName;
  /** Unit: market ms. */
  readonly at: number;
  readonly data: Uint8Array;
}

export interface Extent {
  readonly venue: Venue;
  readonly symbols: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
}

interface Lane {
  readonly topic: TopicName;
  readonly at: (line: string) => number;
  /** Lines of others are passed over. */
  readonly has?: string;
}

const CANDLES = 'market-candles';
/** Each is in the order of what it is known at. Files are by event time, in which candles of several lengths are mixed. */
const LANES: readonly Lane[] = [
  ...INTERVALS.map((interval) => ({
    topic: CANDLES as TopicName,
    at: (line: string) => closeTime(Candle.parse(JSON.parse(line))),
    has: `"interval":"${interval}"`,
  })),
  { topic: 'market-levels', at: timeIn('asOf') },
  { topic: 'market-features', at: timeIn('closeTime') },
  { topic: 'trade-signals-micro', at: timeIn('timestamp') },
];
const MINUTE = '"interval":"1m"';
/** So many tell which symbols there are; bytes that hold the last line. */
const HEAD_MINUTES = 1_000;
const TAIL_BYTES = 65_536;

/** @param folder Output of `cst replay`. */
export async function* publishedIn(folder: string): AsyncGenerator<Published> {
  const lanes = LANES.map((lane) => linesOf(folder, lane));
  const heads = await Promise.all(lanes.map((lane) => lane.next()));
  try {
    for (;;) {
      let first = -1;
      for (const [i, head] of heads.entries()) {
        if (!head.done && (first < 0 || head.value.at < heads[first]!.value.at)) first = i;
      }
      if (first < 0) return;
      yield heads[first]!.value;
      heads[first] = await lanes[first]!.next();
    }
  } finally {
    await Promise.all(lanes.map((lane) => lane.return(undefined)));
  }
}

/** From the first minute on: longer bars may be known from before. @throws UpstreamError where there is no minute. */
export async function extentOf(folder: string): Promise<Extent> {
  const path = join(folder, `${CANDLES}.ndjson`);
  const minutes: Candle[] = [];
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (line.includes(MINUTE)) minutes.push(Candle.parse(JSON.parse(line)));
    if (minutes.length >= HEAD_MINUTES) break;
  }
  const [first] = minutes;
  if (first === undefined) throw new UpstreamError('Expected a minute of trades, got none: it is too short.');
  const last = Candle.parse(JSON.parse(await lastLine(path)));
  return {
    venue: first.venue,
    symbols: [...new Set(minutes.map(({ symbol }) => symbol))].sort(),
    fromMs: first.openTime,
    toMs: closeTime(last),
  };
}

async function* linesOf(folder: string, { topic, at, has = '' }: Lane): AsyncGenerator<Published> {
  const input = createReadStream(join(folder, `${topic}.ndjson`));
  try {
    for await (const line of createInterface({ input })) {
      if (line.includes(has) && line !== '') yield { topic, at: at(line), data: Buffer.from(line) };
    }
  } finally {
    input.destroy();
  }
}

function timeIn(field: string): (line: string) => number {
  return (line) => Date.parse((JSON.parse(line) as Record<string, string>)[field]!);
}

async function lastLine(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n').at(-1)!;
  } finally {
    await file.close();
  }
}
