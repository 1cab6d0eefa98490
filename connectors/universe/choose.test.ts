import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../schemas/primitives.ts';
import { UniverseOptions } from '../../schemas/universe-options.ts';
import { needRealData } from '../../test/real-data.ts';
import { bybitAdapter } from '../exchanges/bybit/adapter.ts';
import { CAPTURE, capturedRest } from '../exchanges/bybit/frames.fixture.ts';
import { answerJson, RequestClock, startScriptedServer } from '../exchanges/rest-client.fixture.ts';
import type { Instrument } from '../exchanges/venue.ts';
import { chooseUniverse, type Universe } from './choose.ts';
import { instrument, market } from './universe.fixture.ts';

const NOW = Date.UTC(2026, 7, 9);

type Settings = Parameters<typeof UniverseOptions.parse>[0] & object;

function choose(
  current: readonly string[],
  { instruments, turnovers }: { instruments: readonly Instrument[]; turnovers: ReadonlyMap<string, number> },
  settings: Settings = {},
): Universe {
  const options = UniverseOptions.parse({ size: 4, margin: 1, ...settings });
  return chooseUniverse(current, instruments, turnovers, options, NOW);
}

function reasons({ removed }: Universe): Record<string, string> {
  return Object.fromEntries(removed.map(({ symbol, reason }) => [symbol, reason]));
}

describe('from nothing', () => {
  it('the first by turnover are taken', () => {
    expect(choose([], market(9))).toEqual({
      symbols: ['S00', 'S01', 'S02', 'S03'],
      added: ['S00', 'S01', 'S02', 'S03'],
      removed: [],
      halted: [],
      missing: [],
    });
  });

  it('only traded perpetuals of the quote currency, old enough, of known turnover', () => {
    const { instruments, turnovers } = market(9);
    instruments[0] = instrument('S00', { isPerpetual: false });
    instruments[1] = instrument('S01', { quote: 'USDC' });
    instruments[2] = instrument('S02', { status: 'halted' });
    instruments[3] = instrument('S03', { listedMs: NOW - 30 * DAY_MS + 1 });
    instruments[4] = instrument('S04', { listedMs: NOW - 30 * DAY_MS });
    instruments[5] = instrument('S05', { listedMs: null });
    turnovers.delete('S06');
    expect(choose([], { instruments, turnovers }).symbols).toEqual(['S04', 'S05', 'S07', 'S08']);
  });

  it('equal turnovers are told apart by name', () => {
    const turnovers = new Map(['B', 'D', 'A', 'C', 'E'].map((symbol) => [symbol, 7]));
    const instruments = [...turnovers.keys()].map((symbol) => instrument(symbol));
    expect(choose([], { instruments, turnovers }).symbols).toEqual(['A', 'B', 'C', 'D']);
  });
});

describe('lists', () => {
  it('allow restricts, deny excludes, pin takes whatever its turnover and age', () => {
    const now = market(9);
    now.instruments[8] = instrument('S08', { listedMs: NOW });
    expect(choose([], now, { allow: ['S01', 'S05', 'NONE'] }).symbols).toEqual(['S01', 'S05']);
    expect(choose([], now, { deny: ['S00', 'S02'] }).symbols).toEqual(['S01', 'S03', 'S04', 'S05']);
    const pinned = choose([], now, { pin: ['S08', 'NONE'] });
    expect(pinned.symbols).toEqual(['S00', 'S01', 'S02', 'S08']);
    expect(pinned.missing).toEqual(['NONE']);
  });

  it('that say two things are refused', () => {
    const refusal = (settings: Settings) =>
      UniverseOptions.safeParse(settings).error?.issues.map(({ message }) => message);
    expect(refusal({ pin: ['A'], deny: ['A'] })).toEqual(['expected none that is denied']);
    expect(refusal({ size: 1, margin: 0, pin: ['A', 'B'] })).toEqual(['expected no more than size']);
    expect(refusal({ size: 5, margin: 5 })).toEqual([
      'expected less than size: otherwise no newcomer ever enters',
    ]);
    expect(refusal({ size: 1, margin: 0, pin: ['A', 'A'] })).toBeUndefined();
  });
});

describe('members', () => {
  const members = ['S00', 'S01', 'S02', 'S04'];

  it('stay within the margin, though others are before them', () => {
    expect(choose(members, market(9))).toMatchObject({ symbols: members, added: [], removed: [] });
  });

  it('leave beyond it', () => {
    const chosen = choose(['S00', 'S01', 'S02', 'S05'], market(9));
    expect(chosen.added).toEqual(['S03']);
    expect(reasons(chosen)).toEqual({ S05: 'it has rank 6 by turnover, and members stay down to rank 5' });
  });

  it('give way, lowest first, to newcomers well inside', () => {
    const chosen = choose(['S01', 'S03', 'S04', 'S00'], market(9), { margin: 2 });
    expect(chosen.symbols).toEqual(['S00', 'S01', 'S03', 'S04']);
    const pushed = choose(['S02', 'S03', 'S04', 'S01'], market(9), { margin: 2 });
    expect(pushed.symbols).toEqual(['S00', 'S01', 'S02', 'S03']);
    expect(reasons(pushed)).toEqual({ S04: 'it has rank 5 by turnover, and higher ones took all 4 places' });
  });

  it('that are closed, delisted or denied leave at once', () => {
    const { instruments, turnovers } = market(9);
    instruments[0] = instrument('S00', { status: 'closed' });
    const listed = instruments.filter(({ symbol }) => symbol !== 'S01');
    const chosen = choose(
      ['S00', 'S01', 'S02', 'S03'],
      { instruments: listed, turnovers },
      { deny: ['S02'] },
    );
    expect(chosen.symbols).toEqual(['S03', 'S04', 'S05', 'S06']);
    expect(reasons(chosen)).toEqual({
      S00: 'the exchange has closed it',
      S01: 'it is not listed any more',
      S02: 'the settings exclude it',
    });
  });

  it('that are halted stay and are marked, however long their turnover dries up', () => {
    const now = market(9);
    now.instruments[8] = instrument('S08', { status: 'halted' });
    const chosen = choose(['S00', 'S01', 'S02', 'S08'], now);
    expect(chosen).toMatchObject({ symbols: ['S00', 'S01', 'S02', 'S08'], halted: ['S08'], removed: [] });
    now.turnovers.delete('S08');
    expect(choose(chosen.symbols, now).symbols).toEqual(chosen.symbols);
    const again = choose(chosen.symbols, market(9));
    expect(again).toMatchObject({ symbols: ['S00', 'S01', 'S02', 'S03'], halted: [] });
  });

  it('of unknown turnover stay', () => {
    const now = market(9);
    now.turnovers.delete('S00');
    expect(choose(['S00', 'S01', 'S02', 'S03'], now).symbols).toEqual(['S01', 'S02', 'S03', 'S00']);
  });

  it('leave for those that must be followed', () => {
    const now = market(9);
    now.instruments[3] = instrument('S03', { status: 'halted' });
    const chosen = choose(['S03'], now, { pin: ['S05', 'S06', 'S07', 'S08'] });
    expect(chosen.symbols).toEqual(['S05', 'S06', 'S07', 'S08']);
    expect(reasons(chosen)).toEqual({ S03: 'others that must be followed took all places' });
  });
});

describe('whatever the market', () => {
  const symbol = fc.integer({ min: 0, max: 39 }).map((i) => `S${String(i).padStart(2, '0')}`);
  const settings = fc
    .record({
      size: fc.integer({ min: 1, max: 12 }),
      margin: fc.integer({ min: 0, max: 11 }),
      allow: fc.oneof(fc.constant([]), fc.array(symbol, { maxLength: 20 })),
      deny: fc.array(symbol, { maxLength: 6 }),
      pin: fc.array(symbol, { maxLength: 6 }),
    })
    .filter((options) => UniverseOptions.safeParse(options).success);
  const status = fc.constantFrom('trading', 'trading', 'trading', 'trading', 'halted', 'closed');
  const listing = fc.record({
    symbol,
    status: status as fc.Arbitrary<Instrument['status']>,
    isPerpetual: fc.constantFrom(true, true, true, false),
    ageDays: fc.constantFrom(1, 29, 31, 400, null),
    // Few values, so that ties are common; null is unknown.
    turnover: fc.option(fc.integer({ min: 0, max: 12 }), { nil: null }),
  });
  const scene = fc.record({
    options: settings,
    listings: fc.uniqueArray(listing, { selector: (each) => each.symbol, maxLength: 40 }),
    current: fc.uniqueArray(symbol, { maxLength: 15 }),
  });
  type Listing = typeof listing extends fc.Arbitrary<infer T> ? T : never;

  function marketOf(listings: readonly Listing[]) {
    const instruments = listings.map(({ symbol: name, status: is, isPerpetual, ageDays }) =>
      instrument(name, {
        status: is,
        isPerpetual,
        listedMs: ageDays === null ? null : NOW - ageDays * DAY_MS,
      }),
    );
    const known = listings.flatMap(({ symbol: name, turnover }) =>
      turnover === null ? [] : [[name, turnover] as const],
    );
    return { instruments, turnovers: new Map(known) };
  }

  it('the promises hold: size, lists, statuses, what was added and removed', () => {
    fc.assert(
      fc.property(scene, ({ options, listings, current }) => {
        const now = marketOf(listings);
        const { symbols, added, removed, halted, missing } = choose(current, now, options);
        const byName = new Map(now.instruments.map((each) => [each.symbol, each]));
        expect(new Set(symbols).size).toBe(symbols.length);
        expect(symbols.length).toBeLessThanOrEqual(options.size);
        for (const name of symbols) {
          expect(byName.get(name)?.status).not.toBe('closed');
          expect(byName.has(name)).toBe(true);
          expect(options.deny).not.toContain(name);
          if (options.allow.length > 0) expect([...options.allow, ...options.pin]).toContain(name);
        }
        for (const name of added) {
          if (!options.pin.includes(name)) {
            expect(byName.get(name)?.status).toBe('trading');
            expect(now.turnovers.has(name)).toBe(true);
          }
        }
        const open = options.pin.filter((name) => (byName.get(name)?.status ?? 'closed') !== 'closed');
        expect(symbols).toEqual(expect.arrayContaining(open));
        expect(new Set([...open, ...missing])).toEqual(new Set(options.pin));
        expect(halted).toEqual(symbols.filter((name) => byName.get(name)?.status === 'halted'));
        const before = new Set(current);
        const after = [...before].filter((name) => !removed.some((each) => each.symbol === name));
        expect(new Set([...after, ...added])).toEqual(new Set(symbols));
      }),
      { seed: 1, numRuns: 2_000 },
    );
  });

  it('the order of what is given means nothing, and a second look changes nothing', () => {
    fc.assert(
      fc.property(scene, ({ options, listings, current }) => {
        const now = marketOf(listings);
        const chosen = choose(current, now, options);
        const turned = marketOf(listings.toReversed());
        expect(choose(current.toReversed(), turned, options)).toEqual(chosen);
        const again = choose(chosen.symbols, now, options);
        expect(again).toMatchObject({ symbols: chosen.symbols, added: [], removed: [] });
      }),
      { seed: 2, numRuns: 2_000 },
    );
  });

  it('ranks that move by no more than the margin change nothing; the strongest are always in', () => {
    const scene = fc.record({
      size: fc.integer({ min: 2, max: 12 }),
      margin: fc.integer({ min: 0, max: 5 }),
      noise: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 40, maxLength: 40 }),
    });
    fc.assert(
      fc.property(scene, ({ size, margin, noise }) => {
        fc.pre(margin < size);
        const now = market(40);
        const first = choose([], now, { size, margin });
        const names = [...now.turnovers.keys()];
        // Sorting i + noise × margin moves none by more than the margin.
        const keyed = names.map((name, i) => ({ name, key: i + noise[i]! * margin }));
        const later = keyed.sort((a, b) => a.key - b.key).map(({ name }) => name);
        const moved = new Map(later.map((name, i) => [name, 1_000 - i]));
        expect(choose(first.symbols, { ...now, turnovers: moved }, { size, margin })).toMatchObject({
          added: [],
          removed: [],
        });
        const upside = new Map(names.map((name, i) => [name, i]));
        const turned = choose(first.symbols, { ...now, turnovers: upside }, { size, margin });
        expect(turned.symbols).toEqual(names.toReversed().slice(0, size));
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});

it('of 800 contracts captured from Bybit, follows 25 USDT perpetuals of some age', async (context) => {
  const [linear] = capturedRest(needRealData(context, CAPTURE));
  const clock = new RequestClock(NOW, 30_000);
  const server = await startScriptedServer(clock, (_, response) => answerJson(response, linear));
  const rest = bybitAdapter().rest({ baseUrl: server.url, clock });
  const instruments = await clock.during(rest.instruments());
  await server.close();
  const turnovers = new Map(instruments.map(({ symbol }, i) => [symbol, i]));
  const { symbols } = choose([], { instruments, turnovers }, { size: 25, margin: 5 });
  expect(symbols).toHaveLength(25);
  const chosen = instruments.filter(({ symbol }) => symbols.includes(symbol));
  expect(chosen.every(({ quote, isPerpetual }) => quote === 'USDT' && isPerpetual)).toBe(true);
  expect(chosen.every(({ listedMs }) => NOW - listedMs! >= 30 * DAY_MS)).toBe(true);
});
