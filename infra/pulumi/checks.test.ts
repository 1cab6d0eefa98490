import { expect, it } from 'vitest';
import { stackOf } from './mocked.fixture.ts';

it('reads three days of trades, and the whole of what is small', async () => {
  const stack = await stackOf();
  const checks = stack.filter(({ type }) => type === 'gcp:bigquery/dataTransferConfig:DataTransferConfig');
  const queryOf = (name: string) =>
    checks.find((check) => check.name === `check-${name}`)!.inputs.params.query;
  const sums: string = queryOf('minutes_are_sums_of_ticks');
  expect(sums.match(/\bFROM ticks\b[^)]*/g)).toEqual([
    'FROM ticks WHERE ts >= TIMESTAMP_TRUNC(TIMESTAMP_SUB(CURRENT_TIMESTAMP(',
  ]);
  expect(sums).toContain('INTERVAL 2 DAY), DAY)');
  expect(queryOf('candles_are_bars')).not.toContain('CURRENT_TIMESTAMP');
});
