import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../schemas/errors.ts';
import { DEFAULT_PARAMS } from '../../../schemas/params.ts';
import { compileSignals } from '../../compile.ts';
import type { SignalOptions } from '../../signals.ts';
import { graphOf, imageOf } from './environment.ts';
import { type JobRequest, jobJson, prepareJob } from './job.ts';
import { dataflowOptions } from './options.ts';
import { stepsOf } from './steps.ts';
import { locationOf } from './storage.ts';

const NEEDED = {
  project: 'my-project',
  region: 'europe-west1',
  image: 'europe-west1-docker.pkg.dev/my-project/cst/worker:1.0',
  tempLocation: 'gs://my-bucket/dataflow',
};
const TIMES = { emitAfterMs: 0, publishAfterMs: 0 };
const SIGNALS: SignalOptions = {
  project: 'my-project',
  params: DEFAULT_PARAMS,
  leadVenue: 'bybit',
  history: [],
  ...TIMES,
};
const graph = compileSignals(SIGNALS);
const prepare = (settings: Record<string, unknown> = {}, changed: Partial<JobRequest> = {}) =>
  prepareJob({ graph, options: dataflowOptions({ ...NEEDED, ...settings }), times: TIMES, ...changed });

describe('the job', () => {
  // After a change that is meant: npx vitest run pipelines/runners/dataflow/job.test.ts -u
  it('is the golden one', async () => {
    await expect(jobJson(prepare().job)).toMatchFileSnapshot(join(import.meta.dirname, 'job.golden'));
  });

  it('names its graph by its content, the same each time', () => {
    const [one, other] = [
      prepare(),
      prepareJob({ graph: compileSignals(SIGNALS), options: dataflowOptions(NEEDED), times: TIMES }),
    ];
    expect(Buffer.compare(one.bytes, other.bytes)).toBe(0);
    const sha256 = createHash('sha256').update(one.bytes).digest('hex');
    expect(one.graphUrl).toBe(`gs://my-bucket/dataflow/graphs/${sha256}/pipeline.pb`);
    expect(one.job.environment.sdkPipelineOptions.options).toMatchObject({
      pipelineUrl: one.graphUrl,
      pipelineProtoHash: sha256,
    });
    expect(locationOf(one.graphUrl)).toEqual({
      bucket: 'my-bucket',
      name: `dataflow/graphs/${sha256}/pipeline.pb`,
    });
  });

  it('carries what was set', () => {
    const { job } = prepare({
      jobName: 'other',
      stagingLocation: 'gs://staging/',
      machineType: 'e2-standard-4',
      numWorkers: 2,
      maxWorkers: 2,
      autoscaling: 'none',
      network: 'net',
      subnetwork: 'regions/europe-west1/subnetworks/sub',
      publicIps: true,
      serviceAccount: 'worker@my-project.iam.gserviceaccount.com',
      kmsKey: 'projects/p/locations/l/keyRings/r/cryptoKeys/k',
      labels: { team: 'quant' },
      experiments: ['x=1', 'beam_fn_api'],
      serviceOptions: ['min_num_workers=2'],
    });
    const [pool] = job.environment.workerPools;
    expect(job).toMatchObject({ name: 'other', labels: { team: 'quant' } });
    expect(pool).toMatchObject({
      machineType: 'e2-standard-4',
      numWorkers: 2,
      network: 'net',
      subnetwork: 'regions/europe-west1/subnetworks/sub',
      ipConfiguration: 'WORKER_IP_PUBLIC',
      autoscalingSettings: { algorithm: 'AUTOSCALING_ALGORITHM_NONE', maxNumWorkers: 2 },
    });
    expect(job.environment).toMatchObject({
      serviceAccountEmail: 'worker@my-project.iam.gserviceaccount.com',
      serviceKmsKeyName: 'projects/p/locations/l/keyRings/r/cryptoKeys/k',
      serviceOptions: ['min_num_workers=2'],
    });
    expect(job.environment.experiments.slice(-2)).toEqual(['use_sibling_sdk_workers', 'x=1']);
    expect(job.environment.sdkPipelineOptions.options.pipelineUrl).toMatch(/^gs:\/\/staging\/graphs\//);
  });

  it('says what it replaces', () => {
    const replaces = { jobId: 'job-1', mapping: { Old: 'New' } };
    expect(prepare({}, { replaces, requestId: 'r' }).job).toMatchObject({
      clientRequestId: 'r',
      replaceJobId: 'job-1',
      transformNameMapping: { Old: 'New' },
    });
    expect(Object.keys(prepare().job)).not.toContain('clientRequestId');
  });
});

describe('its graph', () => {
  it('runs in our image, in no other, with nothing staged', () => {
    const sent = graphOf(prepare().bytes);
    expect(imageOf(sent)).toBe(NEEDED.image);
    const environments = Object.values(sent.components!.environments);
    expect(environments.map(({ urn, dependencies }) => [urn, dependencies])).toEqual([
      ['beam:env:docker:v1', []],
    ]);
    expect(JSON.stringify(environments)).not.toMatch('js_default');
  });

  it('hands Pub/Sub bytes, and takes bytes from it', () => {
    const steps = [...stepsOf(graphOf(prepare().bytes)).values()];
    const reads = steps.filter(({ kind }) => kind.includes('pubsub_read'));
    expect(reads.map(({ outputs }) => [...outputs.values()][0]!.coder)).toEqual(['bytes', 'bytes']);
    const writes = steps.filter(({ kind }) => kind.includes('pubsub_write'));
    const before = writes.flatMap(({ after }) => after);
    expect(before).toHaveLength(9);
    const coders = steps
      .filter(({ name }) => before.includes(name))
      .map(({ outputs }) => [...outputs.values()][0]!.coder);
    expect(new Set(coders)).toEqual(new Set(['bytes']));
  });

  it('leaves the one it was made of as it was', () => {
    const before = JSON.stringify(graph.components!.environments);
    prepare();
    expect(JSON.stringify(graph.components!.environments)).toBe(before);
  });

  it('is refused where history makes it larger than the service takes', () => {
    const large = compileSignals(SIGNALS);
    const impulse = Object.values(large.components!.transforms).find(({ spec }) =>
      spec?.urn.includes('impulse'),
    );
    impulse!.spec!.payload = new Uint8Array(10_000_000);
    expect(() => prepare({}, { graph: large })).toThrow(/at most 10 MB, got 10\.2 MB, most of it --history/);
  });
});

describe('settings', () => {
  it.each([
    ['region', 'nowhere'],
    ['image', 'worker'],
    ['image', 'europe-west1-docker.pkg.dev/my-project/cst/worker'],
    ['tempLocation', '/tmp'],
    ['jobName', 'Upper'],
    ['numWorkers', 0],
    ['numWorkers', 5],
    ['kmsKey', 'key'],
    ['labels', { Team: 'x' }],
    ['subnetwork', 'sub'],
  ])('refuse %s %j, naming the flag', (option, value) => {
    const flag = `--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    expect(() => dataflowOptions({ ...NEEDED, [option]: value })).toThrow(flag);
  });

  it('name all that is missing', () => {
    expect(() => dataflowOptions({})).toThrow(ConfigError);
    expect(() => dataflowOptions({})).toThrow(
      /--project is missing .*--region is missing .*--image is missing/,
    );
  });
});
