/** The MACRO engine as an HTTP function: a timer posts to it every 15 minutes. */
import type { IncomingMessage } from 'node:http';
import { ConfigError } from '../../schemas/errors.ts';
import { EventTime } from '../../schemas/primitives.ts';
import type { Handler } from '../post-handler.ts';
import { type MacroEngine, runMacro } from './run.ts';

export interface MacroHandlerOptions extends MacroEngine {
  /** Whether the request comes from the timer; asked before anything else is looked at. */
  readonly authorize: (request: IncomingMessage) => boolean | Promise<boolean>;
  /** Told of what went wrong in a run, for the log. */
  readonly onError?: (error: unknown) => void;
}

/**
 * `POST /`, or `POST /?slot=2026-01-01T00:15:00.000Z` to run a slot again. Answers as JSON: 200 with the run; 503 where
 * some pair or the check of the caller failed, so that the timer tries again; 401, 405, 400 for what is refused.
 */
export function macroHandler(options: MacroHandlerOptions): Handler {
  return async (request, response) => {
    const { status, body } = await answer(options, request);
    const headers = { 'content-type': 'application/json', ...(status === 405 ? { allow: 'POST' } : {}) };
    response.writeHead(status, headers).end(JSON.stringify(body));
  };
}

interface Answer {
  readonly status: 200 | 400 | 401 | 405 | 503;
  readonly body: object;
}

async function answer(options: MacroHandlerOptions, request: IncomingMessage): Promise<Answer> {
  try {
    if (!(await options.authorize(request))) return refusal(401, 'Not authorized.');
    if (request.method !== 'POST') return refusal(405, 'Expected POST.');
    const run = await runMacro(options, slotOf(request.url ?? '/'));
    for (const { pair, reason } of run.failed) options.onError?.(new Error(`${pair}: ${reason}`));
    const body = { ...run, slot: new Date(run.slot).toISOString() };
    return { status: run.failed.length > 0 ? 503 : 200, body };
  } catch (error) {
    if (error instanceof ConfigError) return refusal(400, error.message);
    options.onError?.(error);
    // Whoever is not let in learns nothing of what is wrong.
    return refusal(503, 'It failed: the log says why.');
  }
}

function refusal(status: Answer['status'], error: string): Answer {
  return { status, body: { error } };
}

/** @throws ConfigError where it is no time. */
function slotOf(url: string): number | undefined {
  const text = new URL(url, 'http://localhost').searchParams.get('slot');
  if (text === null) return undefined;
  const { success, data } = EventTime.safeParse(text);
  if (success) return data;
  throw new ConfigError(`Expected a slot like 2026-01-01T00:15:00.000Z, got "${text.slice(0, 64)}".`);
}
