import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { walk } from './walk.ts';

it('README.md leads to signals, charts, a backtest and a figure', async () => {
  const { code, output, folder } = await walk('README.md');
  expect(code, output).toBe(0);
  expect(output).toMatch(/▶ ENTRY (LONG|SHORT) .*chart of (LONG|SHORT) \w+: .*\.png/s);
  console.log(/first candle.*first signal.*first chart.*/.exec(output)?.[0]);
  expect(output).toMatch(/a month +single-node +dataflow/);
  expect(readdirSync(folder)).toEqual(expect.arrayContaining(['first', 'frames', 'mine', 'out']));
});
