/** What an uninterrupted graph makes of the day, in this process and without a bus; and how outputs are compared. */

import type { OutgoingMessage } from '../../connectors/bus/port.ts';
import { runGraph } from '../../pipelines/signals.fixture.ts';
import type { Candle } from '../../schemas/candle.ts';
import type { SignalParams } from '../../schemas/params.ts';
import { INTERVAL_MS } from '../../schemas/primitives.ts';
import { encodePubsubMessage, eventTimeOf } from '../../schemas/pubsub-message.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { type Second, START } from './day.ts';
import type { Outputs } from './readers.ts';

export async function expectedOutputs(
  seconds: readonly Second[],
  history: readonly Candle[],
  params: SignalParams,
): Promise<Outputs> {
  const turn = (messages: readonly OutgoingMessage[], endMs: number) => ({
    messages: messages.map((message) => ({
      bytes: encodePubsubMessage({ ...message, messageId: '' }),
      eventTimeMs: eventTimeOf(message.attributes),
    })),
    watermarkMs: endMs - params.market.allowedDisorderMs,
  });
  const { published } = await runGraph(
    {
      trades: seconds.map(({ trades, endMs }) => turn(trades, endMs)),
      books: seconds.map(({ books, endMs }) => turn(books, endMs)),
    },
    { params, history, emitAfterMs: START, publishAfterMs: START },
  );
  const outputs: Outputs = new Map();
  for (const { topic, id, json } of published) {
    const ids = outputs.get(topic) ?? new Map<string, string[]>();
    outputs.set(topic, ids.set(id, [...(ids.get(id) ?? []), json]));
  }
  return outputs;
}

/** The highest revision of each candle of [fromMs, toMs), by its identity. */
export function finalCandles(outputs: Outputs, fromMs: number, toMs: number): Map<string, Candle> {
  const finals = new Map<string, Candle>();
  for (const contents of outputs.get('market-candles')?.values() ?? []) {
    for (const json of contents) {
      const candle = JSON.parse(json) as Candle;
      const openMs = Date.parse(String(candle.openTime));
      if (openMs < fromMs || openMs + INTERVAL_MS[candle.interval] > toMs) continue;
      const bar = `${candle.symbol} ${candle.interval} ${candle.openTime}`;
      if (candle.revision >= (finals.get(bar)?.revision ?? 0)) finals.set(bar, candle);
    }
  }
  return finals;
}

/**
 * Ids that came with more than one content, but for `inputs_hash`: it counts facts, and a process that began later has
 * read fewer of the old bars, on which nothing else depends.
 */
export function doubled(outputs: Outputs, topic: TopicName): string[][] {
  const contents = [...(outputs.get(topic)?.values() ?? [])].map((all) => [...new Set(all.map(withoutHash))]);
  return contents.filter((all) => all.length > 1);
}

export function withoutHash(json: string): string {
  const { inputs_hash, ...content } = JSON.parse(json);
  return JSON.stringify(content);
}

/** What one has and the other has not, in a form that can be read: a day has thousands. */
export function differences(got: ReadonlyMap<string, string>, wanted: ReadonlyMap<string, string>): string[] {
  const lines: string[] = [];
  for (const [key, content] of wanted) {
    if (!got.has(key)) lines.push(`missing ${key}`);
    else if (got.get(key) !== content) lines.push(`${key}: expected ${content}, got ${got.get(key)}`);
  }
  for (const key of got.keys()) if (!wanted.has(key)) lines.push(`not expected ${key}`);
  return lines;
}
