import { expect, it } from 'vitest';
import { liveFlinkOptions } from './flink-options.ts';

const OPTIONS = { checkpoints: 'file:///c', checkpointEveryMs: 10_000, parallelism: 2 };

it('leaves a pause between checkpoints, one at a time: messages are acknowledged by that', () => {
  expect(liveFlinkOptions(OPTIONS)).toMatchObject({
    streaming: true,
    parallelism: 2,
    checkpointing_interval: 10_000,
    num_concurrent_checkpoints: 1,
    min_pause_between_checkpoints: 5_000,
    state_backend_storage_path: 'file:///c',
  });
});

it('names a cluster and a checkpoint only where they were asked for', () => {
  const names = Object.keys(liveFlinkOptions(OPTIONS));
  expect(names.filter((name) => name === 'flink_master' || name === 'savepoint_path')).toEqual([]);
  const cluster = { ...OPTIONS, master: 'flink:8081', restore: 'gs://b/chk-7' };
  expect(liveFlinkOptions(cluster)).toMatchObject({
    flink_master: 'flink:8081',
    savepoint_path: 'gs://b/chk-7',
  });
});
