import { describe, expect, it } from 'vitest';
import type { AckEvent, RefusalEvent, Stream, StreamKind } from '../exchanges/market-event.ts';
import type { SubscribeRequest } from '../exchanges/venue.ts';
import { Random } from '../random.ts';
import { streamName } from './connections.ts';
import type { Requester } from './request-queue.ts';
import { Subscriptions } from './subscriptions.ts';

const KINDS: readonly StreamKind[] = ['trades', 'book'];

/** Names of streams in requests of at most ten, as Bybit takes them; of one kind each, as Kraken does. */
function requester(form: 'bybit' | 'kraken', requestsPerSecond = 10): Requester {
  const requests = (streams: readonly Stream[], op: string, nextId: () => number): SubscribeRequest[] => {
    const groups = form === 'bybit' ? [streams] : KINDS.map((kind) => streams.filter((s) => s.kind === kind));
    return groups.flatMap((group) =>
      Array.from({ length: Math.ceil(group.length / 10) }, (_, i) => {
        const part = group.slice(10 * i, 10 * i + 10);
        const requestId = String(nextId());
        return { requestId, streams: part, frame: JSON.stringify({ op, requestId, streams: part }) };
      }),
    );
  };
  return {
    streams: KINDS,
    limits: { streamsPerConnection: 100, requestsPerSecond },
    subscribe: (streams, nextId) => requests(streams, 'subscribe', nextId),
    unsubscribe: (streams, nextId) => requests(streams, 'unsubscribe', nextId),
  };
}

interface Request extends SubscribeRequest {
  readonly op: 'subscribe' | 'unsubscribe';
}

const of = (symbol: string, kind: StreamKind = 'trades'): Stream => ({ kind, symbol });
const ack = (requestId: string | null, stream: Stream | null = null): AckEvent => ({
  kind: 'ack',
  requestId,
  stream,
});
const refusal = (
  requestId: string | null,
  stream: Stream | null = null,
  isSubscribed = false,
): RefusalEvent => ({ kind: 'refusal', requestId, stream, isSubscribed, reason: 'no' });

/** Everything sent up to `untilMs`, with when. */
function run(subscriptions: Subscriptions, fromMs: number, untilMs: number): (Request & { at: number })[] {
  const sent: (Request & { at: number })[] = [];
  for (let at = fromMs; at <= untilMs; at = Math.max(at + 1, subscriptions.nextDue)) {
    const frame = subscriptions.take(at);
    if (frame) sent.push({ ...(JSON.parse(frame) as Request), at });
  }
  return sent;
}

function opened(form: 'bybit' | 'kraken', streams: readonly Stream[], rate?: number): Subscriptions {
  const subscriptions = new Subscriptions(requester(form, rate));
  subscriptions.want(streams);
  subscriptions.opened(0);
  return subscriptions;
}

const brief = ({ op, streams, at }: Request & { at: number }) => [at, op, streams.map(streamName).join()];

describe('Subscriptions, answered as a whole', () => {
  it('asks for trades first, in requests spaced as the venue allows, and is subscribed when they are taken', () => {
    const symbols = Array.from({ length: 8 }, (_, i) => `S${i}`);
    const subscriptions = opened(
      'bybit',
      symbols.flatMap((symbol) => [of(symbol, 'book'), of(symbol)]),
      4,
    );
    const sent = run(subscriptions, 0, 1_000);
    expect(sent.map(({ at, streams }) => [at, streams.length])).toEqual([
      [0, 10],
      [250, 6],
    ]);
    expect(sent[0]!.streams.slice(0, 8)).toEqual(symbols.map((symbol) => of(symbol)));
    expect(subscriptions.acknowledged(ack(sent[0]!.requestId))).toEqual(sent[0]!.streams);
    expect(subscriptions.acknowledged(ack(sent[0]!.requestId))).toEqual([]);
    expect(subscriptions.isSubscribed(of('S0'))).toBe(true);
    expect(subscriptions.isSubscribed(of('S7', 'book'))).toBe(false);
  });

  it('asks at once for the others of a request that one costs, and for that one by itself with growing waits', () => {
    const subscriptions = opened('bybit', [of('A'), of('NOPE'), of('B')]);
    const [first] = run(subscriptions, 0, 0);
    expect(subscriptions.refused(refusal(first!.requestId, of('NOPE')), 50)).toEqual({
      subscribed: [],
      refused: [of('NOPE')],
    });
    const [again] = run(subscriptions, 50, 200);
    expect(brief(again!)).toEqual([100, 'subscribe', 'trades A,trades B']);
    expect(subscriptions.acknowledged(ack(again!.requestId))).toEqual([of('A'), of('B')]);
    const waits: number[] = [];
    for (let now = 200; waits.length < 9; ) {
      const at = subscriptions.nextDue;
      const asked = JSON.parse(subscriptions.take(at)!) as Request;
      expect(asked.streams).toEqual([of('NOPE')]);
      // What was told is not told again.
      expect(subscriptions.refused(refusal(asked.requestId, of('NOPE')), at).refused).toEqual([]);
      waits.push(at - now);
      now = at;
    }
    expect(waits).toEqual([4.85, 10, 20, 40, 80, 160, 320, 600, 600].map((s) => s * 1_000));
  });

  it('asks on a new socket for what was taken before, and then for what was refused', () => {
    const subscriptions = opened('bybit', [of('X1'), of('A'), of('X2'), of('B')]);
    for (const [at, wrong] of [of('X1'), of('X2')].entries()) {
      const [asked] = run(subscriptions, 100 * at, 100 * at);
      expect(subscriptions.refused(refusal(asked!.requestId, wrong), 100 * at).refused).toEqual([wrong]);
    }
    subscriptions.opened(1_000);
    expect(run(subscriptions, 1_000, 2_000).map(brief)).toEqual([
      [1_000, 'subscribe', 'trades A,trades B'],
      [1_100, 'subscribe', 'trades X1'],
      [1_200, 'subscribe', 'trades X2'],
    ]);
  });

  it('asks for each by itself where nobody is blamed', () => {
    const subscriptions = opened('bybit', [of('A'), of('NOPE')]);
    const [first] = run(subscriptions, 0, 0);
    expect(subscriptions.refused(refusal(first!.requestId), 0).refused).toEqual([]);
    const [a, nope] = run(subscriptions, 0, 1_000);
    expect([a!.streams, nope!.streams]).toEqual([[of('A')], [of('NOPE')]]);
    expect(subscriptions.refused(refusal(nope!.requestId), 0).refused).toEqual([of('NOPE')]);
  });

  it('takes "already subscribed" for success, and finds the request of an answer without its number', () => {
    const subscriptions = opened('bybit', [of('A'), of('B')]);
    run(subscriptions, 0, 0);
    expect(subscriptions.refused(refusal(null, of('A'), true), 0)).toEqual({
      subscribed: [of('A')],
      refused: [],
    });
    expect(run(subscriptions, 0, 200).map(brief)).toEqual([[100, 'subscribe', 'trades B']]);
    expect(subscriptions.refused(refusal(null, of('ZZZ')), 0)).toEqual({ subscribed: [], refused: [] });
    expect(subscriptions.refused(refusal('77'), 0)).toEqual({ subscribed: [], refused: [] });
  });

  it('asks again where no answer comes, with growing patience, and at last each by itself', () => {
    const subscriptions = opened('bybit', [of('A'), of('B')]);
    expect(run(subscriptions, 0, 40_000).map(brief)).toEqual([
      [0, 'subscribe', 'trades A,trades B'],
      [5_000, 'subscribe', 'trades A,trades B'],
      [15_000, 'subscribe', 'trades A'],
      [15_100, 'subscribe', 'trades B'],
      [35_000, 'subscribe', 'trades A'],
      [35_100, 'subscribe', 'trades B'],
    ]);
  });

  it('takes data for an answer, also ahead of it', () => {
    const subscriptions = opened('bybit', [of('A'), of('B')]);
    expect(subscriptions.proven(of('A'))).toBe(false);
    const [request] = run(subscriptions, 0, 0);
    expect([subscriptions.proven(of('A')), subscriptions.proven(of('A'))]).toEqual([true, false]);
    expect(subscriptions.acknowledged(ack(request!.requestId))).toEqual([of('B')]);
    expect(subscriptions.nextDue).toBe(Number.POSITIVE_INFINITY);
  });

  it('drops what is wanted no more, and knows that some of it is still under way', () => {
    const subscriptions = opened('bybit', [of('A'), of('B')]);
    const [request] = run(subscriptions, 0, 0);
    subscriptions.acknowledged(ack(request!.requestId));
    subscriptions.drop([of('A'), of('C')]);
    subscriptions.want([of('C')]);
    subscriptions.drop([of('C')]);
    const [leaving, ...more] = run(subscriptions, 100, 1_000);
    expect([brief(leaving!), more]).toEqual([[100, 'unsubscribe', 'trades A'], []]);
    expect(subscriptions.knows(of('A'))).toBe(true);
    expect(subscriptions.acknowledged(ack(leaving!.requestId))).toEqual([]);
    expect(subscriptions.knows(of('A'))).toBe(false);
    expect(subscriptions.knows(of('B'))).toBe(true);
  });

  it('renews a stream once, however often it is asked to', () => {
    const subscriptions = opened('bybit', [of('A', 'book'), of('B', 'book')]);
    const [request] = run(subscriptions, 0, 0);
    subscriptions.acknowledged(ack(request!.requestId));
    subscriptions.renew(of('A', 'book'));
    subscriptions.renew(of('A', 'book'));
    const [off, on, ...more] = run(subscriptions, 1_000, 2_000);
    expect([off, on].map((each) => brief(each!))).toEqual([
      [1_000, 'unsubscribe', 'book A'],
      [1_100, 'subscribe', 'book A'],
    ]);
    expect(more).toEqual([]);
    // What still comes from before proves nothing.
    expect(subscriptions.proven(of('A', 'book'))).toBe(false);
    subscriptions.acknowledged(ack(off!.requestId));
    expect(subscriptions.acknowledged(ack(on!.requestId))).toEqual([of('A', 'book')]);
  });

  it('asks for everything anew on a new socket, and for nothing without one', () => {
    const subscriptions = opened('bybit', [of('A')]);
    const [request] = run(subscriptions, 0, 0);
    subscriptions.acknowledged(ack(request!.requestId));
    subscriptions.closed();
    subscriptions.want([of('B')]);
    expect([subscriptions.isSubscribed(of('A')), subscriptions.take(9), subscriptions.nextDue]).toEqual([
      false,
      null,
      Number.POSITIVE_INFINITY,
    ]);
    subscriptions.opened(10);
    expect(run(subscriptions, 10, 100).map(brief)).toEqual([[10, 'subscribe', 'trades A,trades B']]);
    // An answer to a request of the socket before.
    expect(subscriptions.acknowledged(ack(request!.requestId))).toEqual([]);
  });
});

describe('Subscriptions, answered for each stream', () => {
  it('is subscribed one by one, and a refused one costs the others nothing, not even a second request', () => {
    const subscriptions = opened('kraken', [of('A'), of('NOPE'), of('B'), of('A', 'book')]);
    const [trades, book] = run(subscriptions, 0, 100);
    expect([trades!.streams.length, book!.streams]).toEqual([3, [of('A', 'book')]]);
    expect(subscriptions.acknowledged(ack(trades!.requestId, of('A')))).toEqual([of('A')]);
    // Kraken names the symbol of a refusal, not the channel.
    const named = refusal(trades!.requestId, of('NOPE', 'book'));
    expect(subscriptions.refused(named, 100).refused).toEqual([of('NOPE')]);
    expect(subscriptions.acknowledged(ack(trades!.requestId, of('B')))).toEqual([of('B')]);
    expect(subscriptions.acknowledged(ack(book!.requestId, of('A', 'book')))).toEqual([of('A', 'book')]);
    expect(run(subscriptions, 200, 6_000).map(brief)).toEqual([[5_100, 'subscribe', 'trades NOPE']]);
  });

  it('asks again only for those of a request that had no answer', () => {
    const subscriptions = opened('kraken', [of('A'), of('B')]);
    const [request] = run(subscriptions, 0, 0);
    subscriptions.acknowledged(ack(request!.requestId, of('B')));
    expect(run(subscriptions, 100, 6_000).map(brief)).toEqual([[5_000, 'subscribe', 'trades A']]);
  });

  it('does not mind that the very first word is a refusal', () => {
    const subscriptions = opened('kraken', [of('NOPE'), of('A')]);
    const [request] = run(subscriptions, 0, 0);
    subscriptions.refused(refusal(request!.requestId, of('NOPE')), 0);
    const [again] = run(subscriptions, 100, 1_000);
    expect(again!.streams).toEqual([of('A')]);
    const answer = subscriptions.refused(refusal(again!.requestId, of('A'), true), 200);
    expect(answer.subscribed).toEqual([of('A')]);
  });
});

/** Loses a fifth of the requests and a tenth of the answers, and answers late. */
class FaultyVenue {
  readonly standing = new Set<string>();
  readonly #form: 'bybit' | 'kraken';
  readonly #random: Random;
  #answers: (AckEvent | RefusalEvent)[] = [];

  constructor(form: 'bybit' | 'kraken', random: Random) {
    this.#form = form;
    this.#random = random;
  }

  serve({ op, requestId, streams }: Request): void {
    if (this.#random.chance(0.2)) return;
    const take = (stream: Stream) => this.standing[op === 'subscribe' ? 'add' : 'delete'](streamName(stream));
    const bad = streams.filter(({ symbol }) => symbol === 'NOPE');
    const good = streams.filter(({ symbol }) => symbol !== 'NOPE');
    if (this.#form === 'kraken' || bad.length === 0) good.forEach(take);
    const whole = bad[0] ? refusal(requestId, bad[0]) : ack(requestId);
    const each = [
      ...bad.map((stream) => refusal(requestId, stream)),
      ...good.map((stream) => ack(requestId, stream)),
    ];
    const answers = this.#form === 'kraken' ? each : [whole];
    this.#answers.push(...answers.filter(() => !this.#random.chance(0.1)));
  }

  takeAnswers(): (AckEvent | RefusalEvent)[] {
    if (!this.#random.chance(0.3)) return [];
    return this.#answers.splice(0);
  }
}

/** Somebody who changes their mind. */
function fidget(subscriptions: Subscriptions, wanted: Map<string, Stream>, random: Random): void {
  const stream = of(['A', 'B', 'C', 'D', 'NOPE'][random.whole(0, 4)]!, KINDS[random.whole(0, 1)]!);
  const act = random.whole(0, 2);
  if (act === 0) {
    subscriptions.want([stream]);
    wanted.set(streamName(stream), stream);
  } else if (act === 1) {
    subscriptions.drop([stream]);
    wanted.delete(streamName(stream));
  } else subscriptions.renew(stream);
}

describe.each(['bybit', 'kraken'] as const)('Subscriptions on a faulty venue, %s', (form) => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('come to be what is wanted, seed %i', (seed) => {
    const random = new Random(seed);
    const venue = new FaultyVenue(form, random);
    const subscriptions = new Subscriptions(requester(form, 20));
    const wanted = new Map<string, Stream>();
    const times: number[] = [];
    subscriptions.opened(0);
    const settling = 300_000;
    for (let now = 0; now < 2 * settling; now += 10) {
      const frame = subscriptions.take(now);
      if (frame) {
        times.push(now);
        venue.serve(JSON.parse(frame) as Request);
      }
      for (const answer of venue.takeAnswers()) {
        if (answer.kind === 'ack') subscriptions.acknowledged(answer);
        else subscriptions.refused(answer, now);
      }
      if (now < settling && random.chance(0.02)) fidget(subscriptions, wanted, random);
    }
    const good = [...wanted.values()].filter(({ symbol }) => symbol !== 'NOPE');
    expect(good.length).toBeGreaterThan(0);
    expect(good.filter((stream) => !subscriptions.isSubscribed(stream))).toEqual([]);
    expect([...venue.standing].toSorted()).toEqual(good.map(streamName).toSorted());
    const gaps = times.slice(1).map((at, i) => at - times[i]!);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(50);
  });
});
