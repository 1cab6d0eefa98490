import '../../../transforms/sdk.beam.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FunctionSpec } from 'apache-beam/proto/beam_runner_api';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../connectors/clock/system.ts';
import { ENVIRONMENT, needEngineHere } from '../../../test/engines/needs.ts';
import { pipelineOf } from '../../pipeline-of.ts';
import { contentOf, type SeenPane } from '../../runners/embedded/graph.fixture.ts';
import { withSpool, withWorkerPool } from '../../runners/portable/edges.ts';
import { FLINK_OPTIONS, PRISM_OPTIONS } from '../../runners/portable/engine.ts';
import { startEngine } from '../../runners/portable/engines/start.ts';
import { submitJob } from '../../runners/portable/job-service.ts';
import { withSource } from '../../runners/portable/live/edges.ts';
import { readSpool } from '../../runners/portable/spool.ts';
import { startWorkerPool } from '../pool/pool.ts';
import { nodeCommand } from '../process/worker-process.ts';
import { COUNTED, COUNTER_URN, countingGraph, WINDOW_S } from './counter.fixture.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Sources that have nothing more to do end their job. */
const OPTIONS = {
  prism: PRISM_OPTIONS,
  flink: { ...FLINK_OPTIONS, max_bundle_time_mills: 100, shutdown_sources_after_idle_ms: 5_000 },
};

describe('a splittable DoFn of ours', () => {
  it.for(['prism', 'flink'] as const)(
    'reads in rounds, and its watermark closes windows on %s',
    async (name, context) => {
      await needEngineHere(context, name);
      const engine = await startEngine(name, { env: ENVIRONMENT, clock: systemClock });
      ends.push(() => engine.close());
      const command = nodeCommand(join(import.meta.dirname, 'counter-worker.fixture.ts'));
      const pool = await startWorkerPool({ command, log: () => undefined, onLine: () => undefined });
      ends.push(() => pool.close());
      const dir = mkdtempSync(join(tmpdir(), 'counter-'));
      ends.push(() => rmSync(dir, { recursive: true }));
      const source = FunctionSpec.create({ urn: COUNTER_URN });
      const graph = withWorkerPool(withSpool(withSource(pipelineOf(countingGraph), source), dir), pool.url);
      const asked = { jobName: 'counter', options: OPTIONS[name] };
      const job = await submitJob(engine.jobEndpoint, graph, asked);
      expect(await job.done).toBe('done');
      const panes: SeenPane[] = [];
      for await (const { bytes } of readSpool(dir)) panes.push(contentOf(bytes) as SeenPane);
      const windows = Array.from({ length: COUNTED / WINDOW_S }, (_, i) => i * WINDOW_S);
      expect(panes.sort((a, b) => a.end! - b.end!)).toEqual(
        windows.map((from) => ({
          key: 'n',
          end: (from + WINDOW_S) * 1_000,
          values: Array.from({ length: WINDOW_S }, (_, i) => from + i),
          timing: 'ON_TIME',
          index: 0,
          isLast: expect.anything(),
        })),
      );
    },
  );
});
