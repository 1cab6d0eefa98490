import { describe, expect, it } from 'vitest';
import { exitOf, position, scalp, swingEnd } from '../../functions/telegram-notifier/told.fixture.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';
import { closedPositions, outcomesOf, signalItems } from './outcomes.ts';

const signal = scalp(1);
const of = (book: string, changes: Partial<PositionEvent>) => {
  const event = position(signal, { book, ...changes });
  return { ...event, id: `${signal.id}:${book}:${event.kind}` };
};
const decision = of('a', { kind: 'DECISION', price: null, size: null, reason: 'Enter 0.16.', halved: true });
const entry = of('a', { kind: 'ENTRY', halved: true });
const exit = { ...exitOf(signal, { book: 'a' }), id: `${signal.id}:a:EXIT` };
const refused = of('b', { kind: 'DECISION', refusal: 'COOLDOWN', reason: '3 minutes after an exit.' });

describe('what became of a signal', () => {
  it('is told by book', () => {
    expect(outcomesOf([decision, refused])).toMatchObject([
      { book: 'a', state: 'ACCEPTED', entry: null, reason: 'Enter 0.16.', halved: true },
      { book: 'b', state: 'REFUSED', refusal: 'COOLDOWN', reason: '3 minutes after an exit.' },
    ]);
  });

  it('is the same in whatever order events come, and how often', () => {
    const closed = {
      book: 'a',
      state: 'CLOSED',
      refusal: null,
      halved: true,
      reason: 'entered',
      entry: { ts: entry.ts, price: 61_000, size: 0.16 },
      exit: { ts: exit.ts, price: 61_305, size: 0.16, how: 'TP', pnl: 43.21 },
    };
    for (const events of [
      [decision, entry, exit],
      [exit, entry, entry, decision],
      [entry, exit, decision, exit],
    ]) {
      expect(outcomesOf(events)).toEqual([closed]);
    }
  });

  it('is nothing where a swing ended', () => {
    expect(outcomesOf([swingEnd()])).toEqual([]);
  });
});

it('gives each signal its own events', () => {
  const other = scalp(2);
  const items = signalItems([other, signal], [entry]);
  expect(items.map(({ id, outcomes }) => [id, outcomes.length])).toEqual([
    [other.id, 0],
    [signal.id, 1],
  ]);
});

it('lists positions that are over, the newest first', () => {
  const later = scalp(5);
  const end = exitOf(later, { book: 'a' });
  expect(closedPositions([exit, end, entry, refused]).map(({ signalId }) => signalId)).toEqual([
    later.id,
    signal.id,
  ]);
});
