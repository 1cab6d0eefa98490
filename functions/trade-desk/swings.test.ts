import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../connectors/clock/manual.ts';
import { OwnedRows } from '../../connectors/state/owned.ts';
import { openSqliteStore } from '../../connectors/state/sqlite.ts';
import type { SwingSignal } from '../../schemas/macro.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { TradeDesk } from './run.ts';
import { newFacts, PairFacts } from './state.ts';
import { configOf, NOW, row, snapshotAt, swing, TestDesk } from './trade-desk.fixture.ts';

const HOUR = 3_600_000;
const idea = (known: Partial<SwingSignal> = {}) => ({ kind: 'swing', at: NOW, swing: swing(known) }) as const;
const SHORT = { side: 'SHORT', tp: 98, sl: 101 } as const;

/** A desk on which one is open since a minute before NOW. */
function opened(known: Partial<SwingSignal> = {}) {
  const desk = new TestDesk({ rules: { swingMaxHours: 2 } }, { book: 'b', rules: { swingMaxHours: 4 } });
  expect(desk.tell(idea(known))).toEqual([]);
  return desk;
}

describe('a SWING position', () => {
  it('is told of once when it has reached its TP', () => {
    const desk = opened();
    expect(desk.see(snapshotAt(NOW + 1, 101.9))).toEqual([]);
    expect(desk.see(snapshotAt(NOW + 2, 102.3))).toEqual([
      {
        id: `BTCUSDT:LONG:${NOW}:EXIT`,
        kind: 'EXIT',
        signalId: `BTCUSDT:LONG:${NOW}`,
        pair: 'BTCUSDT',
        side: 'LONG',
        ts: NOW + 2,
        exit: 'TP',
        price: null,
        size: null,
        refusal: null,
        fees: null,
        funding: null,
        pnl: null,
        tp: 102,
        sl: 99,
        reason: 'TP at 102, offered at 100: it reached its TP.',
        numbers: { entry: 100, price: 102 },
      },
    ]);
    expect(desk.see(snapshotAt(NOW + 3, 98))).toEqual([]);
  });

  it.each([
    ['LONG', {}, 98.9],
    ['SHORT', SHORT, 101],
  ])('of a %s ends at its SL', (_, known, price) => {
    expect(opened(known).see(snapshotAt(NOW + 1, price))).toMatchObject([{ exit: 'SL' }]);
  });

  it('that sees TP and SL in one bar has reached its SL', () => {
    const bar = row({ openTime: NOW, high: 103, low: 98 });
    const desk = opened();
    expect(desk.tell({ kind: 'features', at: NOW + MINUTE_MS, row: bar })).toMatchObject([
      { exit: 'SL', ts: NOW + MINUTE_MS, numbers: { price: 99 } },
    ]);
  });

  it('ends by itself after the time of the most patient book', () => {
    const desk = opened();
    const until = NOW - MINUTE_MS + 4 * HOUR;
    expect(desk.see(snapshotAt(until - 1, 100.5))).toEqual([]);
    expect(desk.see(snapshotAt(until, 100.5))).toMatchObject([
      { exit: 'TIMEOUT', ts: until, numbers: { entry: 100, price: 100.5 } },
    ]);
  });

  it('ends in an outage, too, at a price that nobody knows', () => {
    const desk = opened();
    const blind = snapshotAt(NOW + 4 * HOUR, 100.5, { connected: false });
    expect(desk.see(blind)).toMatchObject([{ exit: 'TIMEOUT', numbers: { price: null } }]);
  });

  it('ends where a newer idea begins', () => {
    const desk = opened();
    const newer = { id: 'newer', ...SHORT, entry: 100.4, timestamp: NOW };
    expect(desk.tell(idea(newer))).toMatchObject([
      { signalId: `BTCUSDT:LONG:${NOW}`, exit: 'CANCELLED', ts: NOW, numbers: { price: 100.4 } },
    ]);
    expect(desk.tell(idea(newer), idea())).toEqual([]);
    expect(desk.see(snapshotAt(NOW + 1, 97))).toMatchObject([{ signalId: 'newer', exit: 'TP' }]);
  });

  it('of a row that does not know its time is over at once', () => {
    const row = { ...newFacts('BTCUSDT'), swing: { signal: swing(), until: NOW, closedAt: null } };
    const { outbox: _, swing: open, ...old } = PairFacts.encode(row);
    const { until: __, ...oldSwing } = open!;
    expect(PairFacts.parse({ ...old, swing: oldSwing })).toMatchObject({ swing: { until: 0 }, outbox: [] });
  });
});

describe('ends of SWING positions on a state store', () => {
  async function store() {
    return openSqliteStore({ path: ':memory:', clock: new ManualClock(NOW) });
  }

  it('are published by whoever comes next, where the first could not', async () => {
    const rows = await store();
    const told: string[] = [];
    const bus = (publish: () => Promise<void>) => ({ publish, subscribe: () => Promise.reject() });
    const ports = { store: rows, config: configOf() };
    const mute = { ...bus(() => Promise.reject(new Error('killed'))), close: async () => {} };
    const loud = {
      ...bus(async () => {}),
      publish: async (_: string, messages: readonly { attributes: { id?: string } }[]) => {
        told.push(...messages.map(({ attributes }) => attributes.id ?? ''));
      },
      close: async () => {},
    };
    const first = new TradeDesk({ ...ports, bus: mute });
    await first.take(idea());
    expect(await first.swings()).toMatchObject([{ signal: { pair: 'BTCUSDT' }, closedAt: null }]);
    const end = { kind: 'snapshot', at: NOW, snapshot: snapshotAt(NOW + 1, 103) } as const;
    await expect(first.take(end)).rejects.toThrow('killed');
    const second = new TradeDesk({ ...ports, bus: loud as never });
    await second.take(end);
    await second.take(end);
    expect(told).toEqual([`BTCUSDT:LONG:${NOW}:EXIT`]);
    expect(await second.swings()).toEqual([]);
    await rows.close();
  });

  it('are the same for desks that see them at once, and are written once', async () => {
    const rows = await store();
    const told: string[] = [];
    const publish = async (_: string, messages: readonly { data: Uint8Array }[]) =>
      void told.push(...messages.map(({ data }) => Buffer.from(data).toString()));
    const ports = { store: rows, config: configOf(), bus: { publish } as never };
    const desks = Array.from({ length: 4 }, () => new TradeDesk(ports));
    await Promise.all(desks.map((desk) => desk.take(idea())));
    const seen = [snapshotAt(NOW + 1, 103), snapshotAt(NOW + 2, 98)];
    await Promise.all(
      desks.flatMap((desk) => seen.map((snapshot) => desk.take({ kind: 'snapshot', at: NOW + 2, snapshot }))),
    );
    // Each may publish what it finds in the row; the bus drops copies by their ids.
    expect(new Set(told).size).toBe(1);
    const facts = await new OwnedRows(rows, 'desk-facts', PairFacts).read('BTCUSDT');
    expect(facts?.value).toMatchObject({ outbox: [], swing: { closedAt: expect.any(Number) } });
    await rows.close();
  });
});
