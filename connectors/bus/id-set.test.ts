import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IdSet } from './id-set.ts';

it('is a set of texts, whatever is added and deleted', () => {
  const id = fc.nat({ max: 3_000 }).map((n) => `bybit:BTCUSDT:trades:${n}`);
  const steps = fc.array(fc.record({ isAdd: fc.integer({ min: 0, max: 3 }).map((n) => n > 0), id }), {
    size: 'max',
    maxLength: 6_000,
  });
  fc.assert(
    fc.property(steps, (all) => {
      const [set, model] = [new IdSet(), new Set<string>()];
      for (const step of all) {
        set[step.isAdd ? 'add' : 'delete'](step.id);
        model[step.isAdd ? 'add' : 'delete'](step.id);
        expect(set.size).toBe(model.size);
      }
      for (let n = 0; n <= 3_000; n++) {
        const text = `bybit:BTCUSDT:trades:${n}`;
        expect(set.has(text)).toBe(model.has(text));
      }
    }),
    { seed: 1, numRuns: 20 },
  );
});

it('takes no more room for what comes and goes, as ids do on a full disk', () => {
  const set = new IdSet();
  for (let n = 0; n < 400; n++) set.add(`kept-${n}`);
  const { bytes } = set;
  for (let n = 0; n < 100_000; n++) {
    set.add(`bybit:BTCUSDT:trades:${n}`);
    set.delete(`bybit:BTCUSDT:trades:${n}`);
  }
  // Half full of texts at most, and of what was deleted as much again.
  expect(set.bytes).toBeLessThanOrEqual(2 * bytes);
  expect(set.size).toBe(400);
  for (let n = 0; n < 400; n++) expect(set.has(`kept-${n}`)).toBe(true);
  for (let n = 0; n < 100_000; n++) if (set.has(`bybit:BTCUSDT:trades:${n}`)) expect.fail(`trades:${n}`);
});

it('tells a million ids of messages apart', () => {
  const set = new IdSet();
  for (let n = 0; n < 250_000; n++) {
    for (const symbol of ['BTCUSDT', 'ETHUSDT']) {
      set.add(`bybit:${symbol}:${1_772_323_200_000 + n * 100}`);
      set.add(`bybit:${symbol}:1m:${1_772_323_200_000 + n * 60_000}:1`);
    }
  }
  expect(set.size).toBe(1_000_000);
});
