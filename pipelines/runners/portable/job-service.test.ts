import '../../../transforms/sdk.beam.ts';
import {
  JobMessage_MessageImportance as Importance,
  JobState_Enum as State,
} from 'apache-beam/proto/beam_job_api';
import { Pipeline } from 'apache-beam/proto/beam_runner_api';
import { MonitoringInfo } from 'apache-beam/proto/metrics';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../connectors/clock/manual.ts';
import { UpstreamError } from '../../../schemas/errors.ts';
import { JobServer } from './job-server.fixture.ts';
import { submitJob } from './job-service.ts';

const ERROR = Importance.JOB_MESSAGE_ERROR;
let server: JobServer;
beforeEach(async () => {
  server = await JobServer.start();
});
afterEach(() => server.vanish());

const submit = (more: Partial<Parameters<typeof submitJob>[2]> = {}) => {
  const pipeline = Pipeline.create({ rootTransformIds: ['all'] });
  return submitJob(server.endpoint, pipeline, { jobName: 'ours', options: { parallelism: 2 }, ...more });
};

describe('submitJob', () => {
  it('hands the pipeline over with its options, and is done when the job is', async () => {
    const job = await submit();
    expect(job.id).toBe('job of p1');
    expect(server.prepared).toMatchObject([{ jobName: 'ours', pipeline: { rootTransformIds: ['all'] } }]);
    expect(server.prepared[0]!.pipelineOptions!.fields).toEqual({
      'beam:option:parallelism:v1': { kind: { oneofKind: 'numberValue', numberValue: 2 } },
    });
    await server.becomes(State.STARTING, State.RUNNING, State.DONE);
    expect(await job.done).toBe('done');
  });

  it('tells drained from done', async () => {
    const job = await submit();
    await server.becomes(State.RUNNING, State.DRAINING, State.DRAINED);
    expect(await job.done).toBe('drained');
  });

  it('cancels', async () => {
    const job = await submit();
    await job.cancel();
    expect(server.cancels).toBe(1);
    await server.becomes(State.CANCELLING, State.CANCELLED);
    expect(await job.done).toBe('cancelled');
  });

  it('fails with the last of what the engine said, also where that comes after the state', async () => {
    const heard: [string, boolean][] = [];
    const job = await submit({
      clock: new ManualClock(),
      onMessage: (text, isError) => void heard.push([text, isError]),
    });
    await server.says('on my way', Importance.JOB_MESSAGE_BASIC);
    for (const text of ['one', 'two', 'three']) await server.says(text, ERROR);
    await server.becomes(State.RUNNING, State.FAILED);
    await server.says('four', ERROR);
    await server.saysNoMore();
    await expect(job.done).rejects.toThrow(new UpstreamError('Job ours failed: two\nthree\nfour'));
    expect(heard[0]).toEqual(['on my way', false]);
    expect(heard.slice(1).every(([, isError]) => isError)).toBe(true);
  });

  it('waits for the reason of a failure for two seconds', async () => {
    const asked = Promise.withResolvers<number>();
    const over = Promise.withResolvers<void>();
    const until = (ms: number) => {
      asked.resolve(ms);
      return over.promise;
    };
    const job = await submit({ clock: { now: () => 7, until } });
    await server.becomes(State.FAILED);
    expect(await asked.promise).toBe(2_007);
    over.resolve();
    await expect(job.done).rejects.toThrow('Job ours failed: the engine gave no reason; see its log.');
  });

  it('fails where the engine vanishes', async () => {
    const job = await submit();
    await server.becomes(State.RUNNING);
    server.vanish();
    await expect(job.done).rejects.toThrow(/^Lost the engine while job ours ran: /);
    await expect(job.done).rejects.toThrow(UpstreamError);
  });

  it('fails where the engine stops telling', async () => {
    const job = await submit();
    await server.becomes(State.RUNNING);
    await server.tellsNoMoreStates();
    await expect(job.done).rejects.toThrow('stopped telling of job ours in state RUNNING');
  });

  it('says why a job is refused', async () => {
    server.refusal = 'no such transform';
    await expect(submit()).rejects.toThrow(/to take job ours: .*no such transform/);
  });

  it('says so where no engine is', async () => {
    server.vanish();
    await expect(submit()).rejects.toThrow(/^Expected the engine at 127\.0\.0\.1:\d+ to take job ours: /);
  });
});

describe('metrics of a job', () => {
  const count = (collection: string, ...payload: number[]) =>
    MonitoringInfo.create({
      urn: 'beam:metric:element_count:v1',
      labels: { PCOLLECTION: collection },
      payload: new Uint8Array(payload),
    });

  it('adds up the elements of each collection', async () => {
    const job = await submit();
    const other = MonitoringInfo.create({
      urn: 'beam:metric:user:sum_int64:v1',
      payload: new Uint8Array([9]),
    });
    // 0xac 0x02 is the varint of 300.
    server.metrics.attempted.push(count('a', 0xac, 0x02), count('a', 1), count('b', 0), other);
    const { elements, infos } = await job.metrics();
    expect([...elements]).toEqual([
      ['a', 301],
      ['b', 0],
    ]);
    expect(infos).toHaveLength(4);
  });

  it('prefers what is committed', async () => {
    const job = await submit();
    server.metrics.attempted.push(count('a', 9));
    server.metrics.committed.push(count('a', 5));
    expect([...(await job.metrics()).elements]).toEqual([['a', 5]]);
  });
});
