/** A function that is posted to by one caller: who it is comes first, then what it wants, and each failure has its answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { WireFormatError } from '../schemas/errors.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** @param traceId Of the message that it went wrong with, where it is of a trace. */
export type OnError = (error: unknown, traceId?: string) => void;

export interface PostOptions {
  /** Whether the caller calls; asked before anything else is looked at. */
  readonly authorize: (request: IncomingMessage) => boolean | Promise<boolean>;
  /** Told of what went wrong, for the log. */
  readonly onError?: OnError;
}

/**
 * Answers with the status that `act` gives. 401, 405: refused. 400: no message (WireFormatError). 503: it failed, or nobody
 * could say who calls; it may come again.
 */
export function postHandler(
  options: PostOptions,
  act: (request: IncomingMessage) => Promise<number>,
): Handler {
  return async (request, response) => {
    const status = await statusOf(options, act, request);
    response.writeHead(status, status === 405 ? { allow: 'POST' } : {}).end();
  };
}

async function statusOf(
  { authorize, onError }: PostOptions,
  act: (request: IncomingMessage) => Promise<number>,
  request: IncomingMessage,
): Promise<number> {
  try {
    if (!(await authorize(request))) return 401;
    return request.method === 'POST' ? await act(request) : 405;
  } catch (error) {
    onError?.(error);
    return statusOfFailure(error);
  }
}

/** 503 comes again; 400, too, until a person has put right what is wrong. */
export function statusOfFailure(error: unknown): number {
  return error instanceof WireFormatError ? 400 : 503;
}
