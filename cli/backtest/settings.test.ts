import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { variantsOf } from './settings.ts';
import { timerangeOf } from './timerange.ts';

const folder = mkdtempSync(join(tmpdir(), 'settings-'));
function file(name: string, value: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(value));
  return path;
}

describe('a time range', () => {
  it.each([
    ['20250601-20250630', Date.UTC(2025, 5, 1), Date.UTC(2025, 5, 30)],
    ['20250601-', Date.UTC(2025, 5, 1), undefined],
    ['-20250630', undefined, Date.UTC(2025, 5, 30)],
    ['1748736000-1748822400000', Date.UTC(2025, 5, 1), Date.UTC(2025, 5, 2)],
    [undefined, undefined, undefined],
  ])('%s is read as freqtrade reads it', (text, fromMs, toMs) => {
    expect(timerangeOf(text)).toEqual({ fromMs, toMs });
  });

  it.each(['', '-', '20250601', '20250601-20250602-', '20250630-20250601', '20250601-20250601', '20250231-'])(
    'is not "%s"',
    (text) => {
      expect(() => timerangeOf(text)).toThrow(/--timerange/);
    },
  );
});

describe('rules of a backtest', () => {
  const params = file('p.json', { risk: { takeProfit: 0.01 } });
  const desk = file('d.json', { books: [{ book: 'small', risk: { margin: 0.01 } }] });

  it('are the defaults, at the venue of the data', () => {
    const [only, ...others] = variantsOf({}, 'kraken');
    expect(others).toEqual([]);
    expect(only).toMatchObject({ name: null, desk: { venue: 'kraken', books: [{ book: 'default' }] } });
  });

  it('are one set for each variant, of its own files and the common ones', () => {
    const assumptions = file('a.json', { assumedSpread: 0 });
    const words = [`a:${params}`, `b:,${desk}`, `c:${params},${desk}`];
    const variants = variantsOf({ variant: words, assumptions }, 'bybit');
    const seen = variants.map(
      ({ name, params: { variant, risk }, desk: { books }, assumptions: { assumedSpread } }) => [
        ...[name, variant, risk.takeProfit, books[0]!.book, assumedSpread],
      ],
    );
    expect(seen).toEqual([
      ['a', 'a', 0.01, 'default', 0],
      ['b', 'b', 0.005, 'small', 0],
      ['c', 'c', 0.01, 'small', 0],
    ]);
  });

  it.each([
    [{ variant: ['a:'] }, /NAME:PARAMS/],
    [{ variant: ['no file'] }, /NAME:PARAMS/],
    [{ variant: [`../up:${params}`] }, /NAME:PARAMS/],
    [{ variant: [`a:${params}`, `a:${params}`] }, /a twice/],
    [{ variant: [`a:${params}`, `A:${params}`] }, /A twice/],
    [{ variant: [`..:${params}`] }, /NAME:PARAMS/],
    [{ variant: [`.:${params}`] }, /NAME:PARAMS/],
    [{ params: join(folder, 'none.json') }, /Cannot read/],
    [{ assumptions: file('w.json', { assumedSpraed: 0 }) }, /Did you mean "assumedSpread"/],
    [{ desk: file('k.json', { venue: 'kraken' }) }, /kraken/],
    [{ desk: file('b.json', { books: [{ book: 'real', execution: 'broker' }] }) }, /paper, got real/],
  ])('%j are refused by name', (flags, message) => {
    expect(() => variantsOf(flags, 'bybit')).toThrow(message);
  });
});
