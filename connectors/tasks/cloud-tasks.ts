/** TaskQueue on Google Cloud Tasks: each task becomes an HTTP request, signed (OIDC), to the function that handles its queue. */
import { GoogleAuth } from 'google-auth-library';
import { z } from 'zod';
import { ConfigError, messageOf, UpstreamError } from '../../schemas/errors.ts';
import { networkCode } from '../network-code.ts';
import { assertTask } from './names.ts';
import type { NewTask, TaskQueue } from './port.ts';

export interface CloudTasksOptions {
  readonly project: string;
  /** Region of the queues, e.g. `europe-west1`. */
  readonly location: string;
  /** URL that handles the tasks, by queue. Attempts come with the header `X-CloudTasks-TaskRetryCount`, from 0. */
  readonly targets: Readonly<Record<string, string>>;
  /** E-mail of the account that the requests are signed as; null leaves them unsigned, for servers of tests. */
  readonly signer: string | null;
  /** Default Google's. Another is spoken to without credentials. */
  readonly endpoint?: string | undefined;
}

const GOOGLE = 'https://cloudtasks.googleapis.com';
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const TIMEOUT_MS = 20_000;
const ALREADY_EXISTS = 409;

const Failure = z.object({ error: z.object({ message: z.string() }) });

export function cloudTasks(options: CloudTasksOptions): TaskQueue {
  return new CloudTasks(options);
}

class CloudTasks implements TaskQueue {
  readonly #options: CloudTasksOptions;
  readonly #auth = new GoogleAuth({ scopes: [SCOPE] });

  constructor(options: CloudTasksOptions) {
    this.#options = options;
  }

  async add(task: NewTask): Promise<'added' | 'known'> {
    assertTask(task);
    const { project, location, targets, endpoint = GOOGLE } = this.#options;
    const url = targets[task.queue];
    if (url === undefined) {
      throw new ConfigError(
        `Expected a URL for the tasks of queue ${task.queue}, got none. Name it in \`targets\`.`,
      );
    }
    const parent = `projects/${project}/locations/${location}/queues/${task.queue}`;
    const response = await this.#post(`${endpoint}/v2/${parent}/tasks`, {
      task: {
        name: `${parent}/tasks/${task.name}`,
        ...this.#schedule(task),
        httpRequest: this.#request(url, task),
      },
    });
    if (response.ok) return 'added';
    if (response.status === ALREADY_EXISTS) return 'known';
    throw await refusal(response, parent);
  }

  async close(): Promise<void> {}

  #schedule({ notBeforeMs }: NewTask): { scheduleTime?: string } {
    return notBeforeMs === undefined ? {} : { scheduleTime: new Date(notBeforeMs).toISOString() };
  }

  #request(url: string, { body }: NewTask): object {
    const { signer } = this.#options;
    return {
      url,
      httpMethod: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(body).toString('base64'),
      ...(signer === null ? {} : { oidcToken: { serviceAccountEmail: signer, audience: url } }),
    };
  }

  async #post(url: string, body: object): Promise<Response> {
    const headers = await this.#headers();
    headers.set('content-type', 'application/json');
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      return await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal });
    } catch (cause) {
      const what = networkCode(cause) ?? messageOf(cause);
      throw new UpstreamError(`Expected Cloud Tasks at ${new URL(url).origin}, got: ${what}.`, { cause });
    }
  }

  async #headers(): Promise<Headers> {
    if (this.#options.endpoint !== undefined) return new Headers();
    try {
      return await this.#auth.getRequestHeaders();
    } catch (cause) {
      throw new ConfigError(
        `Expected Google credentials for Cloud Tasks, got: ${messageOf(cause)}. Run gcloud auth application-default login.`,
        { cause },
      );
    }
  }
}

async function refusal(response: Response, queue: string): Promise<Error> {
  const answer = Failure.safeParse(await response.json().catch(() => null));
  const reason = answer.success ? answer.data.error.message : 'no reason given';
  const text = `Expected to add a task to ${queue}, got ${response.status}: ${reason}.`;
  if (response.status === 429 || response.status >= 500) return new UpstreamError(text);
  return new ConfigError(`${text} Check that the queue exists and that this account may add tasks to it.`);
}
