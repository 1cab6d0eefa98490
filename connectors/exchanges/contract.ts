/** What every venue's adapter keeps to; each runs it with frames and answers of its own. See docs/ADD_EXCHANGE.md. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Candle } from '../../schemas/candle.ts';
import { UpstreamError } from '../../schemas/errors.ts';
import { Trade } from '../../schemas/trade.ts';
import type { TradeRow } from '../../schemas/trade-batch.ts';
import { Random } from '../random.ts';
import { mutated, readOrRefuse, replaced } from './fuzz.fixture.ts';
import type { MarketEvent, Stream } from './market-event.ts';
import { OrderBook } from './order-book.ts';
import {
  answerJson,
  type Handler,
  RequestClock,
  type ScriptedServer,
  startScriptedServer,
} from './rest-client.fixture.ts';
import type { Instrument, KlineQuery, SubscribeRequest, VenueAdapter } from './venue.ts';

export interface VenueFixtures {
  /** At least one frame of each kind, with the events that it gives as the first of its connection. */
  readonly frames: readonly { readonly frame: string; readonly events: readonly MarketEvent[] }[];
  /** The n-th symbol, in the venue's form. */
  readonly symbolOf: (n: number) => string;
  /** The venue's names of the streams that a request asks for. */
  readonly namesIn: (requestFrame: string) => readonly string[];
  readonly rest: RestFixtures;
}

export interface RestFixtures {
  /** What the venue answers. */
  readonly answer: (url: URL) => unknown;
  readonly instruments: readonly Instrument[];
  readonly turnovers: Readonly<Record<string, number>>;
  /** Frames of the socket with the trades that `answer` has of the symbol, all of them. */
  readonly trades: { readonly symbol: string; readonly frames: readonly string[] };
  readonly klines: { readonly query: KlineQuery; readonly openTimes: readonly number[] };
  /** What it says of a symbol that it does not have. */
  readonly refusal: { readonly status: number; readonly body: unknown; readonly words: string };
}

const START = Date.UTC(2026, 7, 9);
const TIMEOUT_MS = 30_000;
/** Characters of a request: more than any venue is known to bear. */
const LONGEST_REQUEST = 16_000;

export function venueContract(adapter: VenueAdapter, fixtures: VenueFixtures): void {
  describe(`the adapter of ${adapter.venue}`, () => {
    framesContract(adapter, fixtures);
    requestsContract(adapter, fixtures);
    restContract(adapter, fixtures.rest);
  });
}

function framesContract({ venue, streams, mapper }: VenueAdapter, { frames }: VenueFixtures): void {
  it('reads frames of each kind', () => {
    const kinds = new Set(frames.flatMap(({ events }) => events.map(({ kind }) => kind)));
    expect([...kinds]).toEqual(expect.arrayContaining([...streams, 'ack', 'refusal', 'unknown']));
    for (const { frame, events } of frames) {
      expect(mapper()(frame)).toEqual(events);
      // Other whitespace is the same JSON, where a fast reader must step aside.
      expect(mapper()(` ${frame}\n`)).toEqual(events);
    }
  });

  it('gives trades as the schema wants them, in the order of seq', () => {
    for (const event of frames.flatMap(({ frame }) => mapper()(frame))) {
      if (event.kind !== 'trades') continue;
      for (const trade of event.trades) Trade.parse({ venue, symbol: event.symbol, ...trade });
      const seqs = event.trades.map(({ seq }) => seq);
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    }
  });

  it('reads frames with bytes changed, cut, doubled or swapped, or refuses them; no book shows nonsense', () => {
    const texts = frames.map(({ frame }) => frame);
    const random = new Random(4);
    const map = mapper();
    const book = new OrderBook();
    const outcomes = { read: 0, refused: 0 };
    for (let run = 0; run < 5_000; run++) {
      const events = readOrRefuse(venue, map, mutated(texts[run % texts.length]!, texts, random));
      outcomes[events ? 'read' : 'refused']++;
      for (const event of events ?? []) {
        if (event.kind === 'book') book.apply(event);
        const top = book.top();
        expect(top === null || top.bestBid < top.bestAsk).toBe(true);
      }
    }
    expect(Math.min(outcomes.read, outcomes.refused)).toBeGreaterThan(500);
  });

  it('reads frames with any value in any place, or refuses them', () => {
    const arbitrary = fc.tuple(fc.constantFrom(...frames), fc.nat(), fc.jsonValue());
    const map = mapper();
    fc.assert(
      fc.property(arbitrary, ([{ frame }, place, value]) => {
        readOrRefuse(venue, map, replaced(frame, place, value));
      }),
      { seed: 1, numRuns: 3_000 },
    );
  });

  it('refuses what is huge or deep in a short sentence', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const map = mapper();
    for (const text of ['', 'x'.repeat(5_000_000), deep, '[]', 'null']) {
      expect(readOrRefuse(venue, map, text)).toBeNull();
    }
    for (const { frame } of frames) {
      for (const at of [frame.length >> 2, frame.length >> 1, frame.length - 2]) {
        readOrRefuse(venue, map, frame.slice(0, at) + deep + frame.slice(at));
      }
    }
  });
}

function requestsContract(adapter: VenueAdapter, { symbolOf, namesIn }: VenueFixtures): void {
  const { limits, streams: kinds, elsewhere = {} } = adapter;
  const streams: Stream[] = Array.from({ length: limits.streamsPerConnection }, (_, i) => {
    return { kind: kinds[i % kinds.length]!, symbol: symbolOf(Math.floor(i / kinds.length)) };
  });
  const names = (requests: readonly SubscribeRequest[]) => requests.flatMap(({ frame }) => namesIn(frame));

  it('asks for each stream of a full connection once, in requests that their answers name', () => {
    let ids = 0;
    const requests = adapter.subscribe(streams, () => ++ids);
    const asked = requests.flatMap((request) => request.streams);
    expect(asked).toHaveLength(streams.length);
    expect(new Set(asked)).toEqual(new Set(streams));
    expect(ids).toBe(requests.length);
    expect(new Set(requests.map(({ requestId }) => requestId)).size).toBe(ids);
    expect(new Set(names(requests)).size).toBe(names(requests).length);
    expect(names(requests).length).toBeGreaterThanOrEqual(streams.length);
    for (const { frame, requestId } of requests) {
      expect(frame.length).toBeLessThan(LONGEST_REQUEST);
      expect(frame).toContain(requestId);
    }
    // A new connection is ready soon.
    expect(requests.length / limits.requestsPerSecond).toBeLessThan(10);
  });

  it('takes off by the names by which it asks', () => {
    const nextId = () => 1;
    expect(names(adapter.unsubscribe(streams, nextId))).toEqual(names(adapter.subscribe(streams, nextId)));
    expect(adapter.subscribe([], nextId)).toEqual([]);
  });

  it('has addresses of each stream', () => {
    expect(kinds.length).toBe(new Set(kinds).size);
    expect(kinds[0]).toBe('trades');
    for (const url of [adapter.wsUrl, ...Object.values(elsewhere)]) expect(url).toMatch(/^wss:\/\/[^?#]+$/);
    expect(adapter.restUrl).toMatch(/^https:\/\/[^/]+$/);
  });
}

function restContract(adapter: VenueAdapter, fixtures: RestFixtures): void {
  const servers: ScriptedServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  const begin = async (handle: Handler) => {
    const clock = new RequestClock(START, TIMEOUT_MS);
    const server = await startScriptedServer(clock, handle);
    servers.push(server);
    return { clock, server, rest: adapter.rest({ baseUrl: server.url, clock, seed: 1 }) };
  };
  const truth: Handler = (url, response) => answerJson(response, fixtures.answer(url));

  it('reads instruments, turnovers and bars', async () => {
    const { clock, rest } = await begin(truth);
    expect(await clock.during(rest.instruments())).toEqual(fixtures.instruments);
    expect(Object.fromEntries(await clock.during(rest.turnovers()))).toEqual(fixtures.turnovers);
    const bars = await clock.during(rest.klines(fixtures.klines.query));
    expect(bars.map(({ openTime }) => openTime)).toEqual(fixtures.klines.openTimes);
    for (const bar of bars) {
      Candle.encode(bar);
      expect(bar).toMatchObject({ venue: adapter.venue, complete: true, coverage: 1 });
      expect(bar.filled).toBe(bar.volume === 0);
    }
  });

  it('gives trades by REST as the socket does, from a time or from one that is known', async () => {
    const { symbol, frames } = fixtures.trades;
    const bySocket: TradeRow[] = frames
      .flatMap(adapter.mapper())
      .flatMap((event) => (event.kind === 'trades' ? event.trades : []));
    const { clock, rest } = await begin(truth);
    const from = bySocket[0]!;
    expect(bySocket.length).toBeGreaterThan(1);
    expect(await clock.during(rest.trades({ symbol, from: from.ts }))).toEqual(bySocket);
    expect(await clock.during(rest.trades({ symbol, from }))).toEqual(bySocket);
  });

  it('tells refusals in the venue’s words, and answers in another form', async () => {
    const { status, body, words } = fixtures.refusal;
    const refusing = await begin((_, response) => answerJson(response, body, status));
    const { symbol } = fixtures.trades;
    const refused = refusing.clock.during(refusing.rest.trades({ symbol, from: 0 }));
    await expect(refused).rejects.toThrow(words);
    expect(refusing.server.seen).toHaveLength(1);
    const odd = await begin((_, response) => answerJson(response, { maintenance: true }));
    await expect(odd.clock.during(odd.rest.instruments())).rejects.toThrow(UpstreamError);
  });

  it.each([429, 418])('keeps the pause that a %i asks for', async (status) => {
    const { clock, rest, server } = await begin((url, response, count) =>
      count === 1 ? answerJson(response, {}, status, { 'retry-after': '7' }) : truth(url, response, count),
    );
    expect(await clock.during(rest.instruments())).toEqual(fixtures.instruments);
    expect(server.seen[1]!.ms - server.seen[0]!.ms).toBeGreaterThanOrEqual(7_000);
  });
}
