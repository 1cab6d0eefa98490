import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { WireFormatError } from '../schemas/errors.ts';
import { ScalpSignal } from '../schemas/scalp-signal.ts';
import { recordOf } from './record.ts';
import { signal } from './trade-desk/trade-desk.fixture.ts';

const wire = z.encode(ScalpSignal, signal());
const read = (changes: object) => recordOf(ScalpSignal, Buffer.from(JSON.stringify({ ...wire, ...changes })));

describe('a record of the bus', () => {
  it('is read, without fields that its schema does not know', () => {
    expect(read({ more: [[1e300]] })).toEqual(signal());
  });

  it.each([
    ['a text without end', { id: 'x'.repeat(33_000) }],
    ['a list without end', { support: Array(33_000).fill(1) }],
    ['a price that no market has', { tp: 1e308 }],
    ['a price that is all but nothing', { entry: 5e-324 }],
    ['a number in a list', { support: [1, 1e17] }],
    ['a number deep down', { trend: { slope: -1e17, intercept: 1, r2: 1 } }],
    ['a condition', { entry_conditions_met: { rsi7: 1e17 } }],
    ['a record that never ends', { more: JSON.parse('['.repeat(15_000) + ']'.repeat(15_000)), tp: 1e17 }],
  ])('is refused with %s', (_, changes) => {
    expect(() => read(changes)).toThrow(WireFormatError);
  });
});
