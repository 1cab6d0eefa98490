import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STREAM_KINDS, type Stream } from '../exchanges/market-event.ts';
import { ConnectionPlan, type PlanChange, streamName } from './connections.ts';

function streamsOf(
  symbols: readonly string[],
  kinds: readonly Stream['kind'][] = ['trades', 'book'],
): Stream[] {
  return kinds.flatMap((kind) => symbols.map((symbol) => ({ kind, symbol })));
}

/** A venue's side: what stands after the changes, which must make sense one by one. */
class Venue {
  readonly connections = new Map<number, { readonly copy: number; readonly streams: Set<string> }>();
  readonly #everOpened = new Set<number>();

  apply(changes: readonly PlanChange[]): void {
    for (const change of changes) {
      if (change.kind === 'open') {
        expect(this.#everOpened.has(change.connection)).toBe(false);
        this.#everOpened.add(change.connection);
        this.connections.set(change.connection, { copy: change.copy, streams: new Set() });
      } else if (change.kind === 'close') expect(this.connections.delete(change.connection)).toBe(true);
      else {
        const { streams } = this.connections.get(change.connection)!;
        const isWanted = change.kind === 'subscribe';
        expect(change.streams.length).toBeGreaterThan(0);
        for (const name of change.streams.map(streamName)) {
          expect(streams.has(name)).toBe(!isWanted);
          if (isWanted) streams.add(name);
          else streams.delete(name);
        }
      }
    }
  }

  /** Copies of the connections that carry all of the symbol's streams. */
  copiesOf(symbol: string): number[] {
    const names = streamsOf([symbol]).map(streamName);
    const all = [...this.connections.values()].filter(({ streams }) =>
      names.every((name) => streams.has(name)),
    );
    return all.map(({ copy }) => copy).toSorted();
  }

  loads(): number[] {
    return [...this.connections.values()].map(({ streams }) => streams.size);
  }
}

const SYMBOLS = Array.from({ length: 12 }, (_, i) => `S${i}`);
const arbitraryWants = fc.array(fc.uniqueArray(fc.constantFrom(...SYMBOLS), { maxLength: SYMBOLS.length }), {
  minLength: 1,
  maxLength: 8,
});

describe('ConnectionPlan', () => {
  it('opens one connection of each copy and puts all streams on it', () => {
    const plan = new ConnectionPlan({ streamsPerConnection: 10 }, 2);
    const streams = streamsOf(['A', 'B']);
    const together = [streams[0], streams[2], streams[1], streams[3]];
    expect(plan.want(streams)).toEqual([
      { kind: 'open', connection: 0, copy: 0 },
      { kind: 'open', connection: 1, copy: 1 },
      { kind: 'subscribe', connection: 0, streams: together },
      { kind: 'subscribe', connection: 1, streams: together },
    ]);
    expect(plan.want(streams)).toEqual([]);
    expect(plan.connectionsOf('A')).toEqual([0, 1]);
    expect(plan.streamsOf(1)).toEqual(together);
  });

  it('gives the room of a symbol that goes to one that comes, and moves no other', () => {
    const plan = new ConnectionPlan({ streamsPerConnection: 4 });
    plan.want(streamsOf(['A', 'B', 'C']));
    expect(plan.connectionsOf('C')).toEqual([1]);
    expect(plan.want(streamsOf(['B', 'C', 'D']))).toEqual([
      { kind: 'unsubscribe', connection: 0, streams: streamsOf(['A']) },
      { kind: 'subscribe', connection: 0, streams: streamsOf(['D']) },
    ]);
  });

  it('closes a connection that carries nothing any more, before it opens another', () => {
    const plan = new ConnectionPlan({ streamsPerConnection: 2 });
    plan.want(streamsOf(['A']));
    expect(plan.want(streamsOf(['B'])).map(({ kind }) => kind)).toEqual(['unsubscribe', 'subscribe']);
    expect(plan.want([])).toEqual([{ kind: 'close', connection: 0 }]);
    expect(plan.connections).toEqual([]);
    expect(plan.want(streamsOf(['B']))[0]).toEqual({ kind: 'open', connection: 1, copy: 0 });
  });

  it('keeps a symbol that gets a further stream where it is, or moves it where there is no room', () => {
    const plan = new ConnectionPlan({ streamsPerConnection: 4 });
    plan.want(streamsOf(['A', 'B']));
    const changes = plan.want([...streamsOf(['A', 'B']), { kind: 'kline', symbol: 'A' }]);
    expect(changes).toEqual([
      { kind: 'unsubscribe', connection: 0, streams: streamsOf(['B']) },
      { kind: 'open', connection: 1, copy: 0 },
      { kind: 'subscribe', connection: 0, streams: [{ kind: 'kline', symbol: 'A' }] },
      { kind: 'subscribe', connection: 1, streams: streamsOf(['B']) },
    ]);
  });

  it('refuses what cannot be carried, and stays as it was', () => {
    const plan = new ConnectionPlan({ streamsPerConnection: 3 });
    plan.want(streamsOf(['A']));
    expect(() => plan.want(streamsOf(['A', 'B'], STREAM_KINDS))).toThrow('Expected at most 3 streams of A');
    expect(plan.want(streamsOf(['A']))).toEqual([]);
    expect(() => new ConnectionPlan({ streamsPerConnection: 3 }, 0)).toThrow('Expected 1 copy');
  });

  it('carries, whatever is wanted in turn, exactly that: whole symbols, once per copy, within the limit, nothing moved', () => {
    const run = (wants: readonly string[][], room: number, copies: number) => {
      const plan = new ConnectionPlan({ streamsPerConnection: room }, copies);
      const venue = new Venue();
      let before = new Map<string, number[]>();
      for (const symbols of wants) {
        venue.apply(plan.want(streamsOf(symbols)));
        expect(plan.connections).toEqual([...venue.connections.keys()]);
        const place = new Map(symbols.map((symbol) => [symbol, plan.connectionsOf(symbol)]));
        for (const [symbol, connections] of place) {
          expect(connections).toEqual(before.get(symbol) ?? connections);
          expect(venue.copiesOf(symbol)).toEqual(Array.from({ length: copies }, (_, copy) => copy));
        }
        const loads = venue.loads();
        expect(loads.every((load) => load > 0 && load <= room)).toBe(true);
        expect(loads.reduce((a, b) => a + b, 0)).toBe(symbols.length * 2 * copies);
        before = place;
      }
    };
    fc.assert(
      fc.property(arbitraryWants, fc.integer({ min: 2, max: 9 }), fc.integer({ min: 1, max: 3 }), run),
      { seed: 1, numRuns: 300 },
    );
  });

  it('opens no connection while another has room', () => {
    const run = (wants: readonly string[][]) => {
      const plan = new ConnectionPlan({ streamsPerConnection: 5 });
      for (const symbols of wants) {
        const free = plan.connections.map((each) => 2 - plan.streamsOf(each).length / 2);
        const known = new Set(
          plan.connections.flatMap((each) => plan.streamsOf(each)).map(({ symbol }) => symbol),
        );
        const isOpening = plan.want(streamsOf(symbols)).some(({ kind }) => kind === 'open');
        const isNew = symbols.filter((symbol) => !known.has(symbol)).length;
        const leaving = [...known].filter((symbol) => !symbols.includes(symbol)).length;
        expect(isOpening).toBe(isNew > free.reduce((a, b) => a + b, 0) + leaving);
      }
    };
    fc.assert(fc.property(arbitraryWants, run), { seed: 1, numRuns: 300 });
  });
});
