/** Jobs of one project and region: found, created once, ended, watched. */
import { z } from 'zod';
import { ConfigError, messageOf, TimeoutError, UpstreamError } from '../../../schemas/errors.ts';
import { type ApiAnswer, type GoogleApi, jsonOf } from './google-api.ts';
import { DATAFLOW_URL, type DataflowJob, jobJson } from './job.ts';

export const JobState = z.string().regex(/^JOB_STATE_/);
export type JobState = z.output<typeof JobState>;

const RemoteJob = z.object({
  id: z.string().min(1),
  name: z.string(),
  currentState: JobState.default('JOB_STATE_UNKNOWN'),
  clientRequestId: z.string().optional(),
  replacedByJobId: z.string().optional(),
  environment: z
    .object({
      sdkPipelineOptions: z.object({ options: z.record(z.string(), z.unknown()).optional() }).optional(),
    })
    .optional(),
});
export type RemoteJob = z.output<typeof RemoteJob>;

const JobList = z.object({ jobs: z.array(RemoteJob).default([]), nextPageToken: z.string().optional() });
const Messages = z.object({
  jobMessages: z.array(z.object({ messageText: z.string().default('') })).default([]),
});

/** From which no job comes back. */
export const ENDED: readonly JobState[] = [
  'JOB_STATE_DONE',
  'JOB_STATE_FAILED',
  'JOB_STATE_CANCELLED',
  'JOB_STATE_UPDATED',
  'JOB_STATE_DRAINED',
];

export interface Place {
  readonly project: string;
  readonly region: string;
}

export interface Watch {
  /** One of these ends the wait. */
  readonly until: readonly JobState[];
  readonly timeoutMs: number;
  readonly onState: (state: JobState) => void;
}

const POLL_MS = 5_000;
const CONFLICT = 409;
/** Times that a job is looked for which the service says is there. */
const LOOKS = 4;

export class Jobs {
  readonly #api: GoogleApi;
  readonly #jobsUrl: string;
  readonly #pollMs: number;

  constructor(api: GoogleApi, place: Place, { baseUrl = DATAFLOW_URL, pollMs = POLL_MS } = {}) {
    this.#api = api;
    this.#jobsUrl = `${baseUrl}/v1b3/projects/${place.project}/locations/${place.region}/jobs`;
    this.#pollMs = pollMs;
  }

  /**
   * Creates the job, or finds it where an earlier attempt had created it and the answer was lost: the service keeps
   * `clientRequestId`, and refuses a second job with it.
   * @throws ConfigError where another job of this name runs, or the one to be replaced cannot be.
   */
  async create(job: DataflowJob): Promise<RemoteJob> {
    const what = `create the job ${job.name}`;
    const body = jobJson(job);
    const answer = await this.#api.call({
      what,
      method: 'POST',
      url: this.#jobsUrl,
      body,
      expected: [CONFLICT],
    });
    if (answer.status !== CONFLICT) return parsed(RemoteJob, answer, what);
    const [mine, another] = await this.#afterConflict(job);
    if (mine) return mine;
    throw new ConfigError(`Cannot create the job ${job.name}: ${conflictOf(job, another)}.`);
  }

  /** The job that runs, or begins or stops to, under this name. While it is being replaced: the old one. */
  async find(name: string): Promise<RemoteJob | undefined> {
    const found = await this.#active(name);
    const running = found.find(({ currentState }) => currentState === 'JOB_STATE_RUNNING') ?? found[0];
    return running && this.get(running.id);
  }

  /** The job of this very request, or another that is in its way. A new job may be missing from the list for a while. */
  async #afterConflict(
    job: DataflowJob,
  ): Promise<[mine: RemoteJob | undefined, another: RemoteJob | undefined]> {
    let another: RemoteJob | undefined;
    for (let look = 1; look <= LOOKS; look++) {
      for (const { id } of await this.#active(job.name)) {
        const found = await this.get(id);
        if (job.clientRequestId !== undefined && found.clientRequestId === job.clientRequestId)
          return [found, undefined];
        another = found;
      }
      // The one to be replaced is expected there.
      if (another && another.id !== job.replaceJobId) break;
      if (look < LOOKS) await this.#wait(Number.POSITIVE_INFINITY);
    }
    return [undefined, another];
  }

  async #active(name: string): Promise<RemoteJob[]> {
    const what = 'list the jobs of the project';
    const found: RemoteJob[] = [];
    let pageToken: string | undefined;
    do {
      const query = new URLSearchParams({ filter: 'ACTIVE', ...(pageToken ? { pageToken } : {}) });
      const url = `${this.#jobsUrl}?${query}`;
      const list = parsed(JobList, await this.#api.call({ what, method: 'GET', url }), what);
      found.push(...list.jobs.filter((job) => job.name === name && !ENDED.includes(job.currentState)));
      pageToken = list.nextPageToken;
    } while (pageToken);
    return found;
  }

  /** With its options, which a list does not tell. */
  async get(id: string): Promise<RemoteJob> {
    const what = `read the job ${id}`;
    const url = `${this.#jobsUrl}/${encodeURIComponent(id)}?view=JOB_VIEW_ALL`;
    return parsed(RemoteJob, await this.#api.call({ what, method: 'GET', url }), what);
  }

  /** Takes in nothing more, closes all windows, publishes what is in them, ends. */
  async drain(id: string): Promise<void> {
    await this.#api.call({
      what: `drain the job ${id}`,
      method: 'PUT',
      url: `${this.#jobsUrl}/${encodeURIComponent(id)}`,
      body: JSON.stringify({ requestedState: 'JOB_STATE_DRAINED' }),
    });
  }

  /** @throws UpstreamError where it ends in another way, with what the service said; TimeoutError. */
  async watch(id: string, { until, timeoutMs, onState }: Watch): Promise<RemoteJob> {
    const { clock } = this.#api;
    const deadline = clock.now() + timeoutMs;
    for (let told: JobState | undefined; ; ) {
      const job = await this.get(id);
      if (job.currentState !== told) onState(job.currentState);
      told = job.currentState;
      if (until.includes(told)) return job;
      if (ENDED.includes(told)) throw await this.#ended(id, told);
      if (clock.now() >= deadline) {
        throw new TimeoutError(
          `Expected the job ${id} to be ${until.map(wordOf).join(' or ')} within ${timeoutMs / 1_000} s, got ${wordOf(told)}. It goes on; look again with gcloud dataflow jobs describe ${id}.`,
        );
      }
      await this.#wait(deadline);
    }
  }

  async #wait(deadlineMs: number): Promise<void> {
    const { clock, signal } = this.#api;
    await clock.until(Math.min(deadlineMs, clock.now() + this.#pollMs), signal);
    signal?.throwIfAborted();
  }

  async #ended(id: string, state: JobState): Promise<UpstreamError> {
    const reasons = await this.#errors(id).catch((cause: unknown) => [messageOf(cause)]);
    const told = reasons.length > 0 ? ` The service said: ${reasons.join(' | ')}` : '';
    return new UpstreamError(`The job ${id} ended: ${wordOf(state)}.${told}`);
  }

  async #errors(id: string): Promise<string[]> {
    const what = `read the messages of the job ${id}`;
    const query = 'minimumImportance=JOB_MESSAGE_ERROR&pageSize=5';
    const url = `${this.#jobsUrl}/${encodeURIComponent(id)}/messages?${query}`;
    const { jobMessages } = parsed(Messages, await this.#api.call({ what, method: 'GET', url }), what);
    return jobMessages.map(({ messageText }) => messageText.trim()).filter((text) => text !== '');
  }
}

function conflictOf({ replaceJobId }: DataflowJob, another: RemoteJob | undefined): string {
  if (!another) {
    return 'the service says that there is one, but lists none. If it began and ended at once, its messages say why: gcloud dataflow jobs list';
  }
  const found = `${another.id}, ${wordOf(another.currentState)}`;
  if (replaceJobId === undefined) {
    return `one of this name runs already as ${found}. --update replaces it, --drain ends it, --job-name names another`;
  }
  return another.id === replaceJobId
    ? `the service does not replace ${found}, now. It goes on; where another update of it is under way, wait for that: gcloud dataflow jobs list`
    : `it was to replace ${replaceJobId}, but one of this name runs as ${found}, by an update of someone else's. See that it is what you want; if not, begin again`;
}

/** `JOB_STATE_RUNNING` → `running`. */
export function wordOf(state: JobState): string {
  return state.replace(/^JOB_STATE_/, '').toLowerCase();
}

function parsed<T extends z.ZodType>(schema: T, answer: ApiAnswer, what: string): z.output<T> {
  const result = schema.safeParse(jsonOf(answer, what));
  if (result.success) return result.data;
  throw new UpstreamError(`Cannot ${what}: expected a job, got ${z.prettifyError(result.error)}`);
}
