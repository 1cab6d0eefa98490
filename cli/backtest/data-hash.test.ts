import { expect, it } from 'vitest';
import { dataHashOf } from './data-hash.ts';
import type { DataSource } from './options.ts';

const btc: DataSource = { symbol: 'BTCUSDT', name: 'btc.parquet', sha256: 'aa' };
const eth: DataSource = { symbol: 'ETHUSDT', name: 'eth.parquet', sha256: 'bb' };

it('is of content and symbols, not of names or order', () => {
  const hash = dataHashOf([btc, eth]);
  expect(dataHashOf([{ ...eth, name: 'copy.parquet' }, btc])).toBe(hash);
  expect(hash).toMatch(/^[0-9a-f]{16}$/);
  const others = [
    [btc],
    [btc, { ...eth, sha256: 'cc' }],
    [
      { ...btc, symbol: 'ETHUSDT' },
      { ...eth, symbol: 'BTCUSDT' },
    ],
    [{ ...btc, symbol: null }, eth],
  ];
  expect(new Set([hash, ...others.map(dataHashOf)]).size).toBe(5);
});
