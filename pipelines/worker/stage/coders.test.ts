import '../../../transforms/sdk.beam.ts';
import { createRequire } from 'node:module';
import { isDeepStrictEqual } from 'node:util';
import { Context } from 'apache-beam/coders/coders';
import { GeneralObjectCoder } from 'apache-beam/coders/js_coders';
import type { WindowedValue } from 'apache-beam/values';
import fc from 'fast-check';
import type protobuf from 'protobufjs';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { SimulatedMarket } from '../../../connectors/exchanges/simulated/market.ts';
import type { Candle } from '../../../schemas/candle.ts';
import { anyMarkets, IN_ORDER, scriptOf } from '../../deliveries.fixture.ts';
import { Pipe } from '../../runners/embedded/graph.ts';
import { barsMessage, type GraphRun, MINUTE, runGraph } from '../../signals.fixture.ts';
import { simulatedBars } from '../../simulated.fixture.ts';

const { Reader, Writer } = createRequire(import.meta.resolve('apache-beam'))('protobufjs') as typeof protobuf;
interface ObjectCoder {
  encode(value: unknown, writer: protobuf.Writer, context: Context): void;
  decode(reader: protobuf.Reader, context: Context): unknown;
}
const coder = new GeneralObjectCoder() as unknown as ObjectCoder;

/** As a runner would ship it from one stage to the next. */
function shipped(value: unknown): unknown {
  const writer = Writer.create();
  coder.encode(value, writer, Context.needsDelimiters);
  return coder.decode(Reader.create(writer.finish()), Context.needsDelimiters);
}

/** Bytes have a coder of their own; what a group hands on comes out of the runner's own iterable. */
function isShipped(value: unknown): boolean {
  if (value instanceof Uint8Array) return false;
  const inner = (value as { value?: unknown } | null)?.value;
  return typeof inner !== 'object' || inner === null || !(Symbol.iterator in inner);
}

const START = Date.UTC(2026, 2, 1, 12);
const HOUR = 60 * MINUTE;
let bars: () => Promise<GraphRun>;
const trades = () => {
  const [markets] = fc.sample(anyMarkets, { seed: 1, numRuns: 1 });
  return runGraph(scriptOf(markets!, IN_ORDER, 2_000));
};

beforeAll(async () => {
  const market = new SimulatedMarket(1).of('BTCUSDT');
  const before = (interval: Candle['interval'], hours: number) =>
    simulatedBars(market, interval, START - hours * HOUR, START);
  const history = [...(await before('1m', 4)), ...(await before('15m', 40)), ...(await before('1h', 210))];
  const script = (await simulatedBars(market, '1m', START, START + HOUR)).map((bar) => ({
    messages: [barsMessage(bar)],
    watermarkMs: bar.openTime + MINUTE,
  }));
  bars = () => runGraph({ trades: script }, { history, emitAfterMs: START });
});

afterEach(() => vi.restoreAllMocks());

/** Puts a stage boundary between every two steps. */
function shipEverything(): { count: number; changed: string[] } {
  const seen = { count: 0, changed: [] as string[] };
  const { receive } = Pipe.prototype;
  vi.spyOn(Pipe.prototype, 'receive').mockImplementation(function (
    this: Pipe,
    element: WindowedValue<unknown>,
  ) {
    if (!isShipped(element.value)) return receive.call(this, element);
    const value = shipped(element.value);
    seen.count += 1;
    if (!isDeepStrictEqual(value, element.value))
      seen.changed.push(changesOf(element.value, value).join(', '));
    return receive.call(this, { ...element, value });
  });
  return seen;
}

/** Paths at which two values differ. */
function changesOf(a: unknown, b: unknown, path = ''): string[] {
  if (isDeepStrictEqual(a, b)) return [];
  const isObject = (x: unknown): x is object => typeof x === 'object' && x !== null;
  const isPlain = (x: unknown) => isObject(x) && !ArrayBuffer.isView(x) && !('_bsontype' in x);
  if (!isPlain(a) || !isPlain(b)) return [`${path}: ${kindOf(a)} → ${kindOf(b)}`];
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].flatMap((key) => changesOf(left[key], right[key], `${path}.${key}`));
}

const kindOf = (x: unknown) => (typeof x === 'object' && x !== null ? x.constructor.name : String(x));

describe.each([
  ['trades and snapshots of random markets', () => trades()],
  ['bars after a warm start', () => bars()],
])('the graph on %s', (_, run) => {
  it('publishes the same where every element is encoded between every two steps', async () => {
    const direct = await run();
    const seen = shipEverything();
    const viaCoders = await run();
    expect(viaCoders.published).toEqual(direct.published);
    expect(viaCoders.published.length).toBeGreaterThan(20);
    expect(seen.count).toBeGreaterThan(1_000);
    // The one thing that changes on the way, and that its readers expect: bytes become the coder's own type.
    expect(
      [...new Set(seen.changed)].filter(
        (change) => !/^[.\w]*payload: (Uint8Array|Buffer) → Binary$/.test(change),
      ),
    ).toEqual([]);
  });
});

describe('what the coder cannot carry, and the graph must not hold', () => {
  it.each([
    ['undefined becomes a missing field', { a: undefined }, {}],
    ['NaN and infinities at the top become integers', Number.NaN, 0],
    ['a Map becomes an object', { m: new Map([['a', 1]]) }, { m: { a: 1 } }],
    ['undefined in a list becomes null', { l: [undefined] }, { l: [null] }],
    ['−0 loses its sign', { z: -0 }, { z: 0 }],
  ])('%s', (_, value, expected) => {
    expect(shipped(value)).toEqual(expected);
  });

  it.each([[{ n: 1n }], [1n]])('%o is refused', (value) => {
    expect(() => shipped(value)).toThrow();
  });

  it('carries NaN, infinities and integers beyond 32 bits inside objects', () => {
    const value = { a: Number.NaN, b: Number.POSITIVE_INFINITY, d: 2 ** 53 - 1, e: 1.7e12, f: null };
    expect(shipped(value)).toStrictEqual(value);
  });
});
