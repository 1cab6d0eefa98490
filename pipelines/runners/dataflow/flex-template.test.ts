import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { flexMetadata } from './flex-template.ts';

const METADATA = join(resolve(import.meta.dirname, '../../..'), 'infra/dataflow/flex/metadata.json');

// After a change that is meant: npx vitest run pipelines/runners/dataflow/flex-template.test.ts -u
it('is what the template’s file says', async () => {
  await expect(`${JSON.stringify(flexMetadata(), null, 2)}\n`).toMatchFileSnapshot(METADATA);
});

it.each([
  ['workerImage', 'europe-docker.pkg.dev/p/r/worker:1', 'worker'],
  ['venue', 'bybit', 'nyse'],
  ['history', 'exchange', '/tmp/x'],
  ['symbols', 'BTCUSDT,ETHUSDT', 'BTCUSDT,'],
  ['start', '2024-01-01T00:00:00Z', 'tomorrow'],
  ['start', '20240101', '2024'],
  ['params', '{"market": {}}', 'market'],
])('takes %s %s, not %s', (name, good, bad) => {
  const regexes = flexMetadata().parameters.find((parameter) => parameter.name === name)!.regexes;
  const takes = (text: string) => regexes.every((regex) => new RegExp(regex).test(text));
  expect([takes(good), takes(bad)]).toEqual([true, false]);
});
