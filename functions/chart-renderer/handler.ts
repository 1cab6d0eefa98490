/** The renderer as an HTTP function: Cloud Tasks posts each task to it, signed. */
import { type Handler, type PostOptions, postHandler } from '../post-handler.ts';
import { bodyOf } from '../request-body.ts';
import type { ChartRenderer } from './chart-renderer.ts';

export interface ChartHandlerOptions extends PostOptions {
  readonly renderer: Pick<ChartRenderer, 'handle'>;
}

/** What Cloud Tasks takes. */
const MAX_BODY_BYTES = 1 << 20;

/**
 * `POST /`. 204: the task is over. 503: it failed and comes again. 401, 405, 413: refused; it comes again, too, until the
 * queue gives up.
 */
export function chartHandler(options: ChartHandlerOptions): Handler {
  return postHandler(options, async (request) => {
    const body = await bodyOf(request, MAX_BODY_BYTES);
    if (body === null) return 413;
    const { headers } = request;
    const retries = Number(headers['x-cloudtasks-taskretrycount'] ?? 0);
    const attempt = Number.isSafeInteger(retries) && retries >= 0 ? retries + 1 : 1;
    const name = String(headers['x-cloudtasks-taskname'] ?? 'unnamed');
    await options.renderer.handle({ name, body: body.toString(), attempt });
    return 204;
  });
}
