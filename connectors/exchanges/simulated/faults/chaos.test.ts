import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../../../schemas/primitives.ts';
import { Client, candle, START, SYMBOLS, twinOf } from '../client.fixture.ts';
import { chaosSchedule } from './chaos.ts';
import { FAULT_KINDS, Fault, faultInfo } from './faults.ts';

const options = { seed: 1, hours: 5, perHour: 100, symbols: SYMBOLS };

describe('a chaos schedule', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(chaosSchedule(options)).toEqual(chaosSchedule(options));
    expect(chaosSchedule({ ...options, seed: 2 })).not.toEqual(chaosSchedule(options));
  });

  it('has every kind as often as any other, in order, all through its hours', () => {
    const faults = chaosSchedule(options);
    expect(faults).toHaveLength(500);
    for (const fault of faults) expect(Fault.parse(fault)).toEqual(fault);
    const times = faults.map(({ afterMs }) => afterMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.at(-1)!).toBeLessThan(5 * HOUR_MS);
    const ofBoth = FAULT_KINDS.filter((kind) => !faultInfo(kind).isOfKraken);
    const counts = ofBoth.map((kind) => faults.filter((fault) => fault.kind === kind).length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
    expect(faults.filter(({ kind }) => kind === 'maintenance').length).toBeGreaterThan(5);
  });

  it('holds to the kinds, venues and symbols it is given', () => {
    const faults = chaosSchedule({ ...options, kinds: ['gap', 'halt'], symbols: { kraken: ['BTC/USDT'] } });
    expect(new Set(faults.map(({ venue, kind, symbol }) => `${venue} ${kind} ${symbol}`))).toEqual(
      new Set(['kraken gap BTC/USDT', 'kraken halt BTC/USDT']),
    );
    expect(faults.some(({ stream }) => stream === 'ticker')).toBe(false);
    expect(() => chaosSchedule({ ...options, symbols: {} })).toThrow('Expected a venue with symbols');
  });
});

/** A client that connects again at once, for an hour of chaos. */
function chaos(venue: 'bybit' | 'kraken', stepMs: number) {
  const twin = twinOf(venue, { bookEveryMs: 1_000 });
  const faults = chaosSchedule({ seed: 3, hours: 1, perHour: 120, symbols: { [venue]: SYMBOLS[venue] } });
  twin.schedule(faults);
  const clients: Client[] = [];
  for (let ms = START; ms <= START + HOUR_MS; ms += stepMs) {
    twin.advanceTo(ms);
    const isDown = clients.length === 0 || clients.at(-1)!.closed.length > 0 || ms % MINUTE_MS === 0;
    if (!isDown || twin.refusal()) continue;
    clients.at(-1)?.connection.close();
    clients.push(new Client(twin).subscribeAll(SYMBOLS[venue]));
  }
  return { twin, faults, clients };
}

describe.each(['bybit', 'kraken'] as const)('an hour of chaos on %s', (venue) => {
  const { twin, faults, clients } = chaos(venue, 250);

  it('is the same bytes at the same times again', () => {
    const again = chaos(venue, 250);
    expect(again.clients.map(({ arrivals }) => arrivals)).toEqual(clients.map(({ arrivals }) => arrivals));
    expect(again.twin.report()).toEqual(twin.report());
  });

  it('has every fault happen and tell what it did', () => {
    const report = twin.report();
    expect(report).toHaveLength(faults.length);
    const isUnderWay = ({ afterMs, forMs = 0 }: Fault) => afterMs + forMs > HOUR_MS;
    expect(report.filter(({ state, fault }) => state !== 'over' && !isUnderWay(fault))).toEqual([]);
    const idle = report.filter(
      ({ fault, connections }) => faultInfo(fault.kind).isOnConnections && connections === 0,
    );
    expect(idle.length).toBeLessThan(5);
    const sum = (field: 'framesLost' | 'tradesWithheld' | 'framesAdded') =>
      report.reduce((total, each) => total + each[field], 0);
    for (const field of ['framesLost', 'tradesWithheld', 'framesAdded'] as const)
      expect(sum(field)).toBeGreaterThan(20);
  });

  it('still has a truth: no trade arrives that is not in it', () => {
    for (const symbol of SYMBOLS[venue]) {
      const trades = new Map(
        clients.flatMap((client) => {
          const good = client.arrivals.filter(({ text }) => isJson(text));
          return client.trades(symbol, good).map((trade) => [trade.tradeId, trade] as const);
        }),
      );
      const inOrder = [...trades.values()].sort((a, b) => a.seq - b.seq);
      let equal = 0;
      for (let minute = START / MINUTE_MS; minute < START / MINUTE_MS + 60; minute++) {
        const { openTime, ...truth } = twin.truth(symbol, minute);
        const mine = candle(inOrder, minute);
        expect(mine?.trades ?? 0).toBeLessThanOrEqual(truth.trades);
        if (mine && mine.trades === truth.trades) expect(mine).toEqual(truth);
        if (mine && mine.trades === truth.trades) equal++;
      }
      expect(equal).toBeGreaterThan(5);
    }
  });
});

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}
