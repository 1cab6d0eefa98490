import { describe, expect, it } from 'vitest';
import {
  commands,
  fill,
  fills,
  HOUR,
  ID,
  order,
  ordered,
  placed,
  refused,
  SECOND,
  timer,
} from './account-told.fixture.ts';
import type { DeskInput } from './input.ts';
import { NOW, type PartialParams, snapshotAt, type TestDesk } from './trade-desk.fixture.ts';

describe('an end that the desk decides', () => {
  const open = (params: PartialParams = {}) => {
    const desk = ordered(params);
    desk.tell(placed(ID), fills(NOW + SECOND, fill('ENTRY', 99.9, 100.02, { fee: 5.5 })));
    return desk;
  };
  const close = (desk: TestDesk) => commands(desk).find(({ kind }) => kind === 'CLOSE')!.clientId;

  it('is a TIMEOUT that closes what is held, and is over with its fills', () => {
    const desk = open();
    desk.see(snapshotAt(NOW + HOUR, 100.1));
    expect(desk.tell(timer(NOW + SECOND + HOUR - 1))).toEqual([]);
    expect(commands(desk)).toEqual([]);
    expect(desk.tell(timer(NOW + SECOND + HOUR))).toEqual([]);
    const id = close(desk);
    expect(commands(desk)).toEqual([
      { kind: 'CLOSE', clientId: id, order: { clientId: id, symbol: 'BTCUSDT', side: 'LONG', size: 99.9 } },
    ]);
    const ts = NOW + HOUR + 2 * SECOND;
    const [exit] = desk.tell(fills(ts, fill('CLOSE', 99.9, 100.09, { clientId: id, ts, fee: 5.5 })));
    // 99.9 × 0.07 − 11; meant for mid, 100.1
    expect(exit).toMatchObject({ exit: 'TIMEOUT', pnl: -4.007, slippage: 0.0000999000999, ts });
  });

  it('is the kill switch’s at once', () => {
    const desk = open();
    desk.tell({ kind: 'control', at: NOW + 2 * SECOND, action: 'kill' });
    const id = close(desk);
    const [exit] = desk.tell(fills(NOW + 3 * SECOND, fill('CLOSE', 99.9, 100, { clientId: id })));
    expect(exit).toMatchObject({ exit: 'CANCELLED', reason: expect.stringContaining('kill switch') });
  });

  it('is the bracket’s where that was first', () => {
    const desk = open();
    desk.tell({ kind: 'control', at: NOW + 2 * SECOND, action: 'kill' });
    const id = close(desk);
    desk.tell(refused(id, 'nothing is held', NOW + 2 * SECOND));
    expect(commands(desk)).toEqual([]);
    const [exit] = desk.tell(fills(NOW + 3 * SECOND, fill('SL', 99.9, 99.5)));
    expect(exit).toMatchObject({ exit: 'SL' });
  });

  it('is asked for again, for the rest, until nothing is left', () => {
    const desk = open();
    desk.tell({ kind: 'control', at: NOW + 2 * SECOND, action: 'kill' });
    const first = close(desk);
    desk.tell(placed(first), order(60, { clientId: first }));
    expect(commands(desk), 'its fills have not shown').toEqual([]);
    desk.tell(fills(NOW + 3 * SECOND, fill('CLOSE', 60, 100, { clientId: first })));
    const second = close(desk);
    expect(second).not.toBe(first);
    expect(commands(desk)).toMatchObject([{ order: { size: 39.9 } }]);
    desk.tell(refused(second, 'busy', NOW + 4 * SECOND), timer(NOW + 33_999));
    expect(commands(desk)).toEqual([]);
    desk.tell(timer(NOW + 34_000));
    const third = close(desk);
    const [exit] = desk.tell(fills(NOW + 40_000, fill('CLOSE', 39.9, 100, { clientId: third })));
    expect(exit).toMatchObject({ kind: 'EXIT', size: 99.9 });
  });

  it('comes when the exchange holds the position no more and nobody says why', () => {
    const desk = open();
    const at = NOW + SECOND + 120_000;
    desk.see(snapshotAt(at, 100.1));
    const gone: DeskInput = { kind: 'reconcile', at, book: 'default', held: [] };
    expect(desk.tell({ ...gone, at: at - 1 }, fills(at + 29_999))).toEqual([]);
    expect(desk.tell(gone, fills(at + 29_999), timer(at + 30_000))).toEqual([]);
    // At the last mid, 100.1, less the half spread: 100.09, taker's fee of 0.06 %.
    const [exit] = desk.tell(fills(at + 30_000));
    expect(exit).toMatchObject({ exit: 'CANCELLED', reason: expect.stringContaining('holds it no longer') });
    expect(exit!.price).toBeCloseTo(100.09, 3);
  });

  it('does not come where its fills do, or it shows again', () => {
    const at = NOW + SECOND + 120_000;
    const gone: DeskInput = { kind: 'reconcile', at, book: 'default', held: [] };
    const told = open();
    expect(told.tell(gone, fills(at + SECOND, fill('TP', 99.9, 100.5)))).toMatchObject([{ exit: 'TP' }]);
    const seen = open();
    const held = [{ pair: 'BTCUSDT', side: 'LONG', size: 99.9 }] as const;
    seen.tell(gone, { ...gone, at: at + SECOND, held });
    expect(seen.tell(fills(at + 60_000))).toEqual([]);
  });
});
