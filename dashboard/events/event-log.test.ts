import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventLog } from './event-log.ts';

const FIRST = 1_000;
const notice = (n: number) => ({ ts: n, text: `${n}` });
const bar = { interval: '1m', openTime: 0, open: 1, high: 1, low: 1, close: 1, volume: 1 } as const;
const forming = (pair: string, price: number) => ({ pair, ts: 0, price, bars: [bar] });
const idsAfter = (log: EventLog, id: number) => Array.from(log.after(id) ?? [], (event) => event.id);

/** A reader that puts what it is given into a table: what counts by its text, states by what they are the state of. */
function read(log: EventLog, place: number, table: Map<string, unknown>): number {
  for (const { id, key, name, data } of log.after(place) ?? []) {
    table.set(key ?? `${name} ${JSON.stringify(data)}`, data);
    place = id;
  }
  return place;
}

const told = fc.oneof(
  fc.record({ pair: fc.constantFrom('A', 'B', 'C'), price: fc.integer({ min: 1, max: 99 }) }),
  fc.record({ text: fc.integer() }),
  fc.constant('read' as const),
);

describe('a log of events', () => {
  it('leads any reader who is not too late to the same end', () => {
    fc.assert(
      fc.property(fc.array(told, { maxLength: 60 }), (steps) => {
        const log = new EventLog({ firstId: FIRST });
        const [often, seldom] = [new Map<string, unknown>(), new Map<string, unknown>()];
        let place = FIRST;
        for (const step of steps) {
          if (step === 'read') place = read(log, place, often);
          else if ('pair' in step) log.add('forming', forming(step.pair, step.price), step.pair);
          else log.add('notice', notice(step.text));
        }
        read(log, place, often);
        read(log, FIRST, seldom);
        expect(Object.fromEntries(often)).toEqual(Object.fromEntries(seldom));
      }),
      { seed: 8, numRuns: 300 },
    );
  });

  it('keeps each of what counts, and the newest of what is a state', () => {
    const log = new EventLog({ firstId: FIRST });
    log.add('forming', forming('A', 1), 'A');
    log.add('notice', notice(1));
    log.add('forming', forming('A', 2), 'A');
    log.add('forming', forming('B', 3), 'B');
    log.add('notice', notice(2));
    expect(idsAfter(log, FIRST)).toEqual([1_002, 1_003, 1_004, 1_005]);
    expect(idsAfter(log, 1_003)).toEqual([1_004, 1_005]);
    expect(idsAfter(log, log.last)).toEqual([]);
    expect([...log.recent('forming')].map(({ pair, price }) => [pair, price])).toEqual([
      ['A', 2],
      ['B', 3],
    ]);
  });

  it('tells a reader who is too late that it is', () => {
    const log = new EventLog({ firstId: FIRST, capacity: 3 });
    for (let n = 1; n <= 5; n++) log.add('notice', notice(n));
    expect(log.after(1_001)).toBeNull();
    expect(idsAfter(log, 1_002)).toEqual([1_003, 1_004, 1_005]);
  });

  it('knows the ids of no other log', () => {
    const log = new EventLog({ firstId: FIRST });
    log.add('notice', notice(1));
    expect(log.after(FIRST - 2)).toBeNull();
    expect(log.after(log.last + 1)).toBeNull();
  });

  it('is as large as it may be, whatever comes', () => {
    const log = new EventLog({ firstId: FIRST, capacity: 100 });
    for (let n = 0; n < 10_000; n++) {
      log.add('forming', forming(`P${n % 25}`, 1 + n), `P${n % 25}`);
      if (n % 3 === 0) log.add('notice', notice(n));
    }
    expect(idsAfter(log, log.last - 10)).toHaveLength(10);
    expect([...log.recent('forming'), ...log.recent('notice')]).toHaveLength(100);
    expect([...log.recent('forming')]).toHaveLength(25);
  });
});
