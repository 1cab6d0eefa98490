import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../../connectors/clock/port.ts';
import { ConfigError, NotRunningError, TimeoutError, UpstreamError } from '../../../schemas/errors.ts';
import { DEFAULT_PARAMS } from '../../../schemas/params.ts';
import { compileSignals } from '../../compile.ts';
import { credentialsError } from './credentials.ts';
import { type Cloud, drainJob, runningJob, startJob, updateJob } from './deploy.ts';
import { FakeCloud } from './fake-cloud.fixture.ts';
import type { Finding } from './finding.ts';
import { GoogleApi, type TokenSource } from './google-api.ts';
import { type JobRequest, prepareJob } from './job.ts';
import { Jobs } from './jobs.ts';
import { dataflowOptions } from './options.ts';
import { Storage } from './storage.ts';

const TIMES = { emitAfterMs: 7, publishAfterMs: 5 };
const OPTIONS = dataflowOptions({
  project: 'my-project',
  region: 'europe-west1',
  image: 'europe-docker.pkg.dev/my-project/cst/worker:1',
  tempLocation: 'gs://my-bucket/temp',
});

function request(changed: Partial<JobRequest> = {}): JobRequest {
  const signals = { params: DEFAULT_PARAMS, leadVenue: 'bybit', history: [], ...TIMES } as const;
  const graph = compileSignals({ project: OPTIONS.project, ...signals });
  return { graph, options: OPTIONS, times: TIMES, requestId: 'r1', ...changed };
}

/** Waits take no time, and time goes on by as much. */
function patientClock(): Clock {
  let now = 0;
  return {
    now: () => now,
    until: async (ms) => {
      now = Math.max(now, ms);
    },
  };
}

let fake: FakeCloud;
let told: { states: string[]; findings: Finding[]; retries: string[] };
const GOOD: TokenSource = { token: async () => 'good' };

function cloudOf(tokens = GOOD): Cloud {
  const api = new GoogleApi({
    tokens,
    clock: patientClock(),
    onRetry: (_what, reason) => told.retries.push(reason),
  });
  return { jobs: new Jobs(api, OPTIONS, { baseUrl: fake.url }), storage: new Storage(api, fake.url) };
}
const watcher = {
  onState: (state: string) => void told.states.push(state),
  onFindings: (findings: readonly Finding[]) => void told.findings.push(...findings),
};
const start = (cloud = cloudOf(), changed: Partial<JobRequest> = {}) =>
  startJob(prepareJob(request(changed)), cloud, watcher);
const CREATE = 'POST /v1b3';
const requests = (key: string) => fake.seen.filter(({ method, path }) => `${method} ${path}`.includes(key));

beforeEach(async () => {
  fake = await new FakeCloud().start();
  told = { states: [], findings: [], retries: [] };
});
afterEach(() => fake.close());

describe('a deployment', () => {
  it('stores the graph under its content, creates the job and waits until it runs', async () => {
    fake.course.push('JOB_STATE_PENDING', 'JOB_STATE_QUEUED', 'JOB_STATE_QUEUED', 'JOB_STATE_RUNNING');
    const job = await start();
    const prepared = prepareJob(request());
    expect(job).toMatchObject({ id: 'job-1', currentState: 'JOB_STATE_RUNNING' });
    expect(told.states).toEqual(['JOB_STATE_PENDING', 'JOB_STATE_QUEUED', 'JOB_STATE_RUNNING']);
    const [[name, bytes]] = [...fake.objects] as [[string, Buffer]];
    expect(`gs://${name}`).toBe(prepared.graphUrl);
    expect(bytes.equals(prepared.bytes)).toBe(true);
    expect(fake.jobs[0]).toMatchObject(prepared.job as object);
    expect(requests(CREATE)[0]!.path).toBe('/v1b3/projects/my-project/locations/europe-west1/jobs');
  });

  it('leaves a graph that is there already', async () => {
    fake.course.push('JOB_STATE_RUNNING');
    fake.objects.set(prepareJob(request()).graphUrl.slice('gs://'.length), Buffer.from('as it was'));
    await start();
    expect([...fake.objects.values()].map(String)).toEqual(['as it was']);
  });

  it.each([429, 500, 503])('tries again after %i, with the same request id', async (status) => {
    fake.course.push('JOB_STATE_RUNNING');
    fake.faults.set(CREATE, [{ status }, { status }]);
    await start();
    expect(requests(CREATE)).toHaveLength(3);
    expect(told.retries).toEqual([`HTTP ${status}`, `HTTP ${status}`]);
    expect(fake.jobs).toHaveLength(1);
  });

  it('finds the job that was created though the answer was lost', async () => {
    fake.faults.set(CREATE, ['lost']);
    fake.course.push('JOB_STATE_PENDING', 'JOB_STATE_RUNNING');
    expect(await start()).toMatchObject({ id: 'job-1' });
    expect(requests(CREATE)).toHaveLength(2);
    expect(fake.jobs).toHaveLength(1);
  });

  it('does not take another’s job of the same name for its own', async () => {
    fake.jobs.push({
      id: 'old',
      name: OPTIONS.jobName,
      clientRequestId: 'r0',
      currentState: 'JOB_STATE_RUNNING',
    });
    await expect(start()).rejects.toThrow(ConfigError);
    await expect(start()).rejects.toThrow(/runs already as old, running\. --update replaces it/);
  });

  it('says so where the service knows a job that it does not list', async () => {
    fake.faults.set(CREATE, ['lost']);
    fake.isListed = () => false;
    await expect(start()).rejects.toThrow(/lists none.*gcloud dataflow jobs list/);
  });

  it('gives up on a quota with what to do', async () => {
    fake.faults.set(
      CREATE,
      Array(6).fill({ status: 429, message: 'Quota exceeded', reason: 'RESOURCE_EXHAUSTED' }),
    );
    const failure = await start().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UpstreamError);
    expect(String(failure)).toMatch(/Quota exceeded \(HTTP 429\).*lower --max-workers/);
    expect(requests(CREATE)).toHaveLength(6);
  });

  it.each([
    [{ status: 403, message: 'Permission denied' }, /roles\/dataflow\.developer/],
    [{ status: 403, message: 'Dataflow API has not been used in project 1' }, /gcloud services enable/],
    [{ status: 400, message: 'Invalid worker region' }, /Invalid worker region \(HTTP 400\)/],
    [{ status: 404, message: 'No project' }, /Check --project/],
    [{ status: 413, message: 'Too large' }, /fewer symbols/],
  ])('does not try %j again', async (fault, message) => {
    fake.faults.set(CREATE, [fault]);
    const failure = await start().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigError);
    expect(String(failure)).toMatch(message);
    expect(requests(CREATE)).toHaveLength(1);
  });

  it('renews a token that was refused, once', async () => {
    fake.course.push('JOB_STATE_RUNNING');
    let isRenewed = false;
    const tokens: TokenSource = {
      token: async (isRefused) => {
        isRenewed ||= isRefused;
        return isRenewed ? 'good' : 'stale';
      },
    };
    await start(cloudOf(tokens));
    expect(fake.seen.map(({ token }) => token).slice(0, 3)).toEqual(['stale', 'good', 'good']);
    fake.tokens.clear();
    await expect(start()).rejects.toThrow(/gcloud auth application-default login/);
  });

  it('ends after six attempts, whatever they fail with', async () => {
    fake.faults.set(
      CREATE,
      Array(5)
        .fill([{ status: 401 }, { status: 503 }])
        .flat(),
    );
    await expect(start()).rejects.toThrow(/HTTP 503/);
    expect(requests(CREATE)).toHaveLength(6);
  });

  it('says what is wrong where there are no credentials', async () => {
    const none: TokenSource = { token: () => Promise.reject(new ConfigError('Cannot get credentials')) };
    await expect(start(cloudOf(none))).rejects.toThrow(ConfigError);
    expect(fake.seen).toEqual([]);
  });

  it('tells the service’s reasons where the job fails before it runs', async () => {
    fake.course.push('JOB_STATE_PENDING', 'JOB_STATE_FAILED');
    fake.errors.push('Image not found');
    await expect(start()).rejects.toThrow('The job job-1 ended: failed. The service said: Image not found');
  });

  it('stops waiting after a quarter of an hour', async () => {
    await expect(start()).rejects.toThrow(TimeoutError);
  });

  it('says which service it cannot reach', async () => {
    const cloud = cloudOf();
    await fake.close();
    await expect(start(cloud)).rejects.toThrow(
      /ECONNREFUSED from 127\.0\.0\.1:\d+\. Check this machine's network/,
    );
    fake = await new FakeCloud().start();
  });
});

it.each([
  [
    'Could not load the default credentials. Browse to …',
    ConfigError,
    /gcloud auth application-default login/,
  ],
  ['request failed, reason: getaddrinfo ENOTFOUND oauth2.googleapis.com', UpstreamError, /network/],
])('takes "%s" for what it is', (message, kind, remedy) => {
  const failure = credentialsError(new Error(message));
  expect(failure).toBeInstanceOf(kind);
  expect(failure.message).toMatch(remedy);
});

describe('an update', () => {
  beforeEach(async () => {
    fake.course.push('JOB_STATE_RUNNING');
    await start();
    told.states.length = 0;
  });
  const update = async (changed: Partial<JobRequest>) => {
    const cloud = cloudOf();
    const { job } = await runningJob(OPTIONS.jobName, cloud);
    const replaces = { jobId: job.id, mapping: {}, ...changed.replaces };
    return updateJob(request({ requestId: 'r2', ...changed, replaces }), job, cloud, watcher);
  };

  it('keeps the times of the running job', async () => {
    expect((await runningJob(OPTIONS.jobName, cloudOf())).times).toEqual(TIMES);
  });

  it('replaces it after its graph was compared', async () => {
    fake.course.push('JOB_STATE_RUNNING', 'JOB_STATE_PENDING', 'JOB_STATE_RUNNING');
    const options = { ...OPTIONS, image: 'h.dev/p/worker:2' };
    expect(await update({ options })).toMatchObject({ id: 'job-2', currentState: 'JOB_STATE_RUNNING' });
    expect(told.findings.map(({ what }) => what)).toEqual([
      "the workers' image changes: europe-docker.pkg.dev/my-project/cst/worker:1 → h.dev/p/worker:2",
    ]);
    expect(fake.jobs[1]).toMatchObject({ replaceJobId: 'job-1', name: OPTIONS.jobName });
  });

  it('finds the new job beside the old one where the answer was lost', async () => {
    fake.faults.set(CREATE, ['lost']);
    // Listed late, as a service of many machines does.
    fake.isListed = ({ id }) => id !== 'job-2' || requests('filter=ACTIVE').length > 6;
    fake.course.push(...Array<string>(4).fill('JOB_STATE_RUNNING'));
    expect(await update({})).toMatchObject({ id: 'job-2' });
    expect(fake.jobs).toHaveLength(2);
  });

  it('does not touch it where its windows would be lost', async () => {
    fake.course.push('JOB_STATE_RUNNING');
    const params = { ...DEFAULT_PARAMS, market: { ...DEFAULT_PARAMS.market, basisMinutes: 30 } };
    const graph = compileSignals({
      project: 'my-project',
      params,
      leadVenue: 'bybit',
      history: [],
      ...TIMES,
    });
    await expect(update({ graph })).rejects.toThrow(/GroupIntoBasis\/Window is windowed otherwise.*--drain/);
    expect(told.findings.filter(({ verdict }) => verdict === 'incompatible')).toHaveLength(1);
    expect(fake.jobs).toHaveLength(1);
  });

  it('does not advise an update where the service refuses one', async () => {
    const refused = { status: 409, message: 'There is already an active job', reason: 'ALREADY_EXISTS' };
    fake.faults.set(CREATE, [refused]);
    fake.course.push(...Array<string>(9).fill('JOB_STATE_RUNNING'));
    const failure = await update({}).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigError);
    expect(String(failure)).toMatch(/does not replace job-1, running, now\. .*wait for that/);
    expect(String(failure)).not.toContain('--update');
    const other = update({ replaces: { jobId: 'job-0', mapping: {} } });
    await expect(other).rejects.toThrow(/was to replace job-0, but one of this name runs as job-1, running/);
  });

  it('needs a job that runs', async () => {
    fake.jobs[0]!.currentState = 'JOB_STATE_CANCELLING';
    await expect(update({})).rejects.toThrow(NotRunningError);
    fake.jobs.length = 0;
    await expect(update({})).rejects.toThrow(/found none\. Deploy it without --update/);
  });
});

it('drains and waits until everything is published', async () => {
  fake.course.push('JOB_STATE_RUNNING');
  await start();
  told.states.length = 0;
  const cloud = cloudOf();
  const { job } = await runningJob(OPTIONS.jobName, cloud);
  fake.course.push('JOB_STATE_DRAINING', 'JOB_STATE_DRAINING', 'JOB_STATE_DRAINED');
  expect(await drainJob(job, cloud, watcher)).toMatchObject({ currentState: 'JOB_STATE_DRAINED' });
  expect(told.states).toEqual(['JOB_STATE_DRAINING', 'JOB_STATE_DRAINED']);
});
