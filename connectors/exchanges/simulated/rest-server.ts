/** The twin's REST on real sockets. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../clock/port.ts';
import { bodyOf } from './control.ts';
import type { ExchangeTwin } from './twin.ts';

/** What is lost is cut off, or never answered. */
export async function answerRest(
  twin: ExchangeTwin,
  clock: Clock,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const { method = 'GET', headers } = request;
  const body = method === 'POST' ? await bodyOf(request) : '';
  // What is signed is timed to the millisecond.
  if (headers['x-bapi-sign'] !== undefined) twin.advanceTo(Math.floor(clock.now()));
  const answer = await twin.get(request.url ?? '/', { method, headers, body });
  if (answer.isLost === 'cut') response.destroy();
  if (answer.isLost) return;
  if (answer.delayMs > 0) await clock.until(clock.now() + answer.delayMs, signal);
  response.writeHead(answer.status, answer.headers).end(answer.text);
}
