import { expect, it } from 'vitest';
import { MacroBias, SwingSignal } from '../schemas/macro.ts';
import { PositionEvent } from '../schemas/position-event.ts';
import type { ScalpSignal } from '../schemas/scalp-signal.ts';
import { biasLine, chartLine, entryLines, exitLine, swingEndLine, swingLine } from './alert-lines.ts';

const event = (changes: object) =>
  PositionEvent.parse({
    id: 'a',
    signalId: 's',
    pair: 'SOLUSDT',
    side: 'LONG',
    book: 'default',
    reason: '',
    kind: 'ENTRY',
    ts: '2026-01-05T09:30:04.000Z',
    price: 200,
    size: 12.5,
    leverage: 10,
    tp: 201,
    sl: 199,
    refusal: null,
    exit: null,
    fees: 1.5,
    funding: null,
    pnl: null,
    halved: true,
    equity: 10_000,
    ...changes,
  });
const exit = (changes: object) =>
  event({
    kind: 'EXIT',
    ts: '2026-01-05T09:34:45.000Z',
    exit: 'TP',
    price: 201,
    pnl: 9.5,
    equity: 10_009.5,
    ...changes,
  });
const text = (line: { text: string } | null) => line?.text ?? null;

it('tells an entry with its targets and why', () => {
  const why = { signal_reason: 'Support held.' } as ScalpSignal;
  expect(entryLines(event({}), why).map(text)).toEqual([
    '09:30:04 ▶ ENTRY LONG SOLUSDT at 200, 12.5 × 10, half size',
    '           TP 201 +0.50 %   SL 199 −0.50 %',
    '           Support held.',
  ]);
});

it('names the book where there are several', () => {
  const [line] = entryLines(event({ book: 'b', halved: false }), undefined);
  expect(text(line!)).toBe('09:30:04 ▶ ENTRY LONG SOLUSDT at 200, 12.5 × 10 [b]');
});

it('tells an exit with what it made', () => {
  expect(exitLine(exit({}), event({}))).toEqual({
    tone: 'good',
    text: '09:34:45 ✔ TP LONG SOLUSDT at 201 +0.50 %: +9.50 net, equity 10,009.50, held 4 min 41 s',
  });
});

it('tells an exit whose entry it did not see, at a loss, with a funding nobody knows', () => {
  const line = exitLine(
    exit({ exit: 'SL', price: 199, pnl: -14, equity: 9_986, fundingKnown: false }),
    undefined,
  );
  expect(line).toEqual({
    tone: 'bad',
    text: '09:34:45 ✘ SL LONG SOLUSDT at 199: −14.00 net, equity 9,986.00, funding unknown',
  });
});

it('tells how a swing ended', () => {
  const end = { price: null, pnl: null, numbers: { entry: 200, price: 204 } };
  expect(text(swingEndLine(exit(end)))).toBe('09:34:45 ◆ SWING LONG SOLUSDT ended by TP at 204 +2.00 %');
});

it('tells a bias when it changes', () => {
  const bias = (side: 'LONG' | null) =>
    MacroBias.parse({
      id: 'i',
      pair: 'SOLUSDT',
      timestamp: '2026-01-05T09:30:00.000Z',
      bias: side,
      reasons: [],
      confidence: { long: 81.6, short: 4 },
      expires_at: '2026-01-05T13:30:00.000Z',
    });
  expect(text(biasLine(bias('LONG'), null))).toBe(
    '09:30:00 ◆ MACRO SOLUSDT bias LONG until 13:30:00: no scalps against it (long 82, short 4)',
  );
  expect(biasLine(bias('LONG'), 'LONG')).toBe(null);
  expect(text(biasLine(bias(null), 'LONG'))).toBe(
    '09:30:00 ◆ MACRO SOLUSDT no bias any more (was LONG) (long 82, short 4)',
  );
});

it('tells a swing and a chart', () => {
  const swing = SwingSignal.parse({
    id: 'i',
    type: 'SWING',
    pair: 'SOLUSDT',
    side: 'SHORT',
    entry: 200,
    tp: 196,
    sl: 202,
    timestamp: '2026-01-05T09:30:00.000Z',
    expires_at: '2026-01-05T10:30:00.000Z',
    confidence: { long: 4, short: 82 },
    signal_reason: '',
    params_hash: '',
  });
  expect(text(swingLine(swing))).toBe(
    '09:30:00 ◆ SWING SHORT SOLUSDT at 200: TP 196 −2.00 %, SL 202 +1.00 %, until 10:30:00',
  );
  expect(text(chartLine('/a/b.png', 'LONG SOLUSDT\nmore'))).toBe(
    '           chart of LONG SOLUSDT: /a/b.png',
  );
});
