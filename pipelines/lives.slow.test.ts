import { beforeAll, describe, expect, it } from 'vitest';
import type { OutgoingMessage } from '../connectors/bus/port.ts';
import { SimulatedMarket } from '../connectors/exchanges/simulated/market.ts';
import { DEFAULT_PARAMS } from '../schemas/params.ts';
import { decodePubsubMessage } from '../schemas/pubsub-message.ts';
import type { TopicName } from '../schemas/topics.ts';
import type { TradeRow } from '../schemas/trade-batch.ts';
import { World } from './lives.fixture.ts';
import { type Market, type Message, MINUTE, snapshotMessage, tradesMessage } from './signals.fixture.ts';
import { fetchSimulated, simulatedTrades } from './simulated.fixture.ts';
import type { FetchKlines } from './warm-start.ts';

const START = Date.UTC(2026, 2, 1, 12);
const DAY = 86_400_000;
const MINUTES = 30;
const STEP = 2_500;
const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];
const market = new SimulatedMarket(1);
const trades = new Map(
  SYMBOLS.map((symbol) => [
    symbol,
    simulatedTrades(market.of(symbol), START - MINUTE, START + MINUTES * MINUTE),
  ]),
);

type Fate = 'stop' | 'kill' | 'begin';

/** What the relay would publish in [fromMs, toMs). */
function relayed(fromMs: number, toMs: number): { trades: OutgoingMessage[]; books: OutgoingMessage[] } {
  const out = { trades: [] as OutgoingMessage[], books: [] as OutgoingMessage[] };
  for (const [symbol, all] of trades) {
    const of: Market = { venue: 'bybit', symbol };
    const rows = all.filter(({ ts }) => ts >= fromMs && ts < toMs);
    for (const run of Map.groupBy(rows, ({ ts }) => Math.floor(ts / MINUTE)).values()) {
      out.trades.push(outgoing(tradesMessage(of, run)));
    }
    for (let ts = Math.ceil(fromMs / 1_000) * 1_000; ts < toMs; ts += 1_000) {
      if (ts + 1_000 > toMs) continue;
      out.books.push(outgoing(snapshotMessage(of, ts, true, lastBefore(all, ts + 1_000))));
    }
  }
  return out;
}

function lastBefore(all: readonly TradeRow[], ms: number): TradeRow | null {
  return all.findLast(({ ts }) => ts < ms) ?? null;
}

function outgoing({ bytes }: Message): OutgoingMessage {
  const { data, attributes, orderingKey } = decodePubsubMessage(bytes);
  return { data, attributes, orderingKey };
}

/** The whole span, step by step; `fates` says what happens to the process after which step. */
async function live(fates: ReadonlyMap<number, Fate>, fetchKlines: FetchKlines) {
  const world = await World.open({
    symbols: SYMBOLS,
    startMs: START,
    params: DEFAULT_PARAMS,
    fetchKlines,
  });
  await world.begin();
  const end = START + MINUTES * MINUTE;
  for (let step = 0, at = START; at < end; step++, at += STEP) {
    await world.clock.advanceTo(at + STEP);
    const { trades: batches, books } = relayed(
      Math.floor(at / 1_000) * 1_000,
      Math.floor((at + STEP) / 1_000) * 1_000,
    );
    await world.publish('raw-tick-data', batches);
    await world.publish('book-snapshots', books);
    const fate = fates.get(step);
    if (fate === undefined) {
      if (world.isUp && step % 6 === 0) await world.reach(at - 5_000);
    } else if (fate === 'begin') {
      if (!world.isUp) await world.begin();
    } else if (world.isUp) await world[fate]();
  }
  if (!world.isUp) await world.begin();
  await world.reach(end - 3_000);
  return world.close();
}

type Records = Awaited<ReturnType<typeof live>>;

function finalsOf(records: Records): string[] {
  const best = new Map<string, { revision: number; json: string }>();
  for (const { id, json } of records.get('market-candles')!) {
    const bar = id.slice(0, id.lastIndexOf(':'));
    const { revision } = JSON.parse(json);
    if (revision >= (best.get(bar)?.revision ?? 0)) best.set(bar, { revision, json });
  }
  return [...best.values()].map(({ json }) => json).toSorted();
}

/**
 * What the records of a topic say, second copies left out. Their counts of facts may differ: a process that began later
 * read fewer old bars, on which no number depends.
 */
function contentOf(records: Records, topic: TopicName): string[] {
  const said = records.get(topic)!.map(({ json }) => {
    const { id, revision, inputs_hash, ...content } = JSON.parse(json);
    return JSON.stringify(topic === 'trade-signals-micro' ? { id, ...content } : content);
  });
  return [...new Set(said)].toSorted();
}

describe('a process that ends at any moment and comes back', () => {
  let fetchKlines: FetchKlines;
  let whole: Records;

  beforeAll(async () => {
    const markets = SYMBOLS.map((symbol) => market.of(symbol));
    fetchKlines = await fetchSimulated(markets, START - 25 * DAY, START + MINUTES * MINUTE);
    whole = await live(new Map(), fetchKlines);
  }, 60_000);

  it.each([1, 2])(
    'leaves the candles and signals of one that never did (%i)',
    { timeout: 180_000 },
    async (seed) => {
      const steps = (MINUTES * MINUTE) / STEP;
      const fates = new Map<number, Fate>();
      for (let step = 5 + seed * 3, n = 0; step < steps; n++) {
        fates.set(step, (n + seed) % 3 === 0 ? 'stop' : 'kill');
        const back = step + 1 + ((n * 7 + seed) % 20);
        fates.set(back, 'begin');
        step = back + 11 + ((n * 37 + seed * 11) % 50);
      }
      const broken = await live(fates, fetchKlines);
      expect(contentOf(whole, 'trade-signals-micro').length).toBeGreaterThan(3);
      expect(finalsOf(broken)).toEqual(finalsOf(whole));
      for (const topic of ['trade-signals-micro', 'market-features'] as const) {
        expect(contentOf(broken, topic)).toEqual(contentOf(whole, topic));
      }
    },
  );
});
