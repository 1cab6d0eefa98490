/** The renderer as an HTTP function: Cloud Tasks posts each task to it, signed. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ChartRenderer } from './chart-renderer.ts';

export interface ChartHandlerOptions {
  readonly renderer: Pick<ChartRenderer, 'handle'>;
  /** Whether our queue calls; asked before anything else is looked at. */
  readonly authorize: (request: IncomingMessage) => boolean | Promise<boolean>;
  /** Told of what went wrong, for the log. */
  readonly onError?: (error: unknown) => void;
}

/** What Cloud Tasks takes. */
const MAX_BODY_BYTES = 1 << 20;

/**
 * `POST /`. 204: the task is over. 503: it failed and comes again. 401, 405, 413: refused; it comes again, too, until the
 * queue gives up.
 */
export function chartHandler(
  options: ChartHandlerOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const status = await statusOf(options, request);
    response.writeHead(status, status === 405 ? { allow: 'POST' } : {}).end();
  };
}

async function statusOf({ authorize, renderer, onError }: ChartHandlerOptions, request: IncomingMessage) {
  try {
    if (!(await authorize(request))) return 401;
    if (request.method !== 'POST') return 405;
    const body = await bodyOf(request);
    if (body === null) return 413;
    const { headers } = request;
    const retries = Number(headers['x-cloudtasks-taskretrycount'] ?? 0);
    const attempt = Number.isSafeInteger(retries) && retries >= 0 ? retries + 1 : 1;
    await renderer.handle({ name: String(headers['x-cloudtasks-taskname'] ?? 'unnamed'), body, attempt });
    return 204;
  } catch (error) {
    onError?.(error);
    return 503;
  }
}

/** The framework has read it already; a bare server has not. Null where it is too long. */
async function bodyOf(request: IncomingMessage & { readonly rawBody?: Buffer }): Promise<string | null> {
  if (request.rawBody !== undefined) return request.rawBody.toString();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
