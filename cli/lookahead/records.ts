/** All that a backtest publishes and decides, each with the time from which it was known. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeskInput } from '../../functions/trade-desk/input.ts';
import { INTERVAL_MS, type Interval } from '../../schemas/primitives.ts';
import { decodePubsubMessage } from '../../schemas/pubsub-message.ts';
import { ATTRIBUTES } from '../../schemas/topics.ts';
import type { KnownRecord } from '../../transforms/lookahead/lookahead.ts';
import { backtest } from '../backtest/backtest.ts';
import type { BacktestOptions } from '../backtest/options.ts';

interface Times {
  readonly interval?: Interval;
  readonly openTime?: string;
  readonly asOf?: string;
}

/** @throws as `backtest` does. */
export async function knownRecords(options: Omit<BacktestOptions, 'out'>): Promise<KnownRecord[]> {
  const out = mkdtempSync(join(tmpdir(), 'cst-lookahead-'));
  const records: KnownRecord[] = [];
  const keep = (record: KnownRecord | null) => {
    if (record !== null) records.push(record);
  };
  try {
    await backtest({
      ...options,
      out,
      onPublished: (topic, bytes) => keep(publishedRecord(topic, bytes)),
      onInput: (input) => keep(toldRecord(input)),
    });
    for (const line of readFileSync(join(out, 'position-events.ndjson'), 'utf8').split('\n').slice(0, -1)) {
      const { id, ts } = JSON.parse(line) as { id: string; ts: string };
      records.push({ topic: 'position-events', id, at: Date.parse(ts), json: line });
    }
    return records;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** Bars and levels, which the desk is not told; a bar of 1m is in its features. */
function publishedRecord(topic: string, bytes: Uint8Array): KnownRecord | null {
  if (topic !== 'market-candles' && topic !== 'market-levels') return null;
  const { data, attributes } = decodePubsubMessage(bytes);
  const id = attributes[ATTRIBUTES.id]!;
  if (topic === 'market-candles' && id.includes(':1m:')) return null;
  const json = Buffer.from(data).toString();
  return { topic, id, at: knownAt(JSON.parse(json) as Times), json };
}

function knownAt({ interval, openTime, asOf }: Times): number {
  return asOf === undefined ? Date.parse(openTime!) + INTERVAL_MS[interval!] : Date.parse(asOf);
}

function toldRecord(input: DeskInput): KnownRecord | null {
  const { at } = input;
  switch (input.kind) {
    case 'features':
      return { topic: 'market-features', id: input.row.id, at, json: JSON.stringify(input.row) };
    case 'bias':
      return { topic: 'macro-bias-updates', id: input.bias.id, at, json: JSON.stringify(input.bias) };
    case 'swing':
      return { topic: 'trade-signals-macro', id: input.swing.id, at, json: JSON.stringify(input.swing) };
    case 'signal':
      return { topic: 'trade-signals-micro', id: input.signal.id, at, json: JSON.stringify(input.signal) };
    default:
      return null;
  }
}
