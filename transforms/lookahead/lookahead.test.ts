import { describe, expect, it } from 'vitest';
import { firstDifference, type KnownRecord } from './lookahead.ts';

const record = (
  topic: KnownRecord['topic'],
  at: number,
  content: object,
  id = `${topic}:${at}`,
): KnownRecord => ({
  topic,
  id,
  at,
  json: JSON.stringify(content),
});
const WHOLE = [
  record('position-events', 60, { price: 2 }),
  record('trade-signals-micro', 60, { side: 'LONG', entry: 2 }),
  record('market-features', 60, { rsi7: 40 }),
  record('trade-signals-micro', 120, { side: 'SHORT', entry: 3 }),
];

describe('the first difference of two runs', () => {
  it('is none where they differ only later', () => {
    expect(firstDifference(WHOLE, WHOLE.slice(0, 3), 60)).toBeNull();
    expect(firstDifference(WHOLE, [...WHOLE].reverse(), 120)).toBeNull();
  });

  it('is a record that one of them lacks', () => {
    expect(firstDifference(WHOLE, WHOLE.slice(0, 3), 120)).toMatchObject({
      topic: 'trade-signals-micro',
      at: 120,
      field: null,
      other: null,
      whole: '{"side":"SHORT","entry":3}',
    });
    expect(firstDifference(WHOLE.slice(0, 3), WHOLE, 120)).toMatchObject({ whole: null });
  });

  it('is the one that the others of the instant are made of, with its field', () => {
    const other = WHOLE.map((one) =>
      one.at === 60 ? { ...one, json: one.json.replace(/\d+}/, '9}') } : one,
    );
    expect(firstDifference(WHOLE, other, 120)).toMatchObject({
      topic: 'market-features',
      field: 'rsi7',
      whole: '40',
      other: '9',
      cause: expect.stringMatching(/^features of a bar depend on later ones/),
    });
  });
});
