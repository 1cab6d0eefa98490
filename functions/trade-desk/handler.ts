/** The desk in the cloud: push subscriptions of its topics post to it, and a timer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../connectors/clock/port.ts';
import { type PushHandlerOptions, pushHandler } from '../push.ts';
import { DESK_TOPICS, takeMessage } from './messages.ts';
import { type DeskPorts, TradeDesk } from './run.ts';

export type DeskHandlerOptions = DeskPorts &
  Pick<PushHandlerOptions, 'authorize' | 'onError'> & { readonly clock: Clock };

/** `POST /`: one message, answered as every push is. `POST /timer`: 204 once the clock has been looked at, 503 to come again. */
export function deskHandler(
  options: DeskHandlerOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const desk = new TradeDesk(options);
  const { bus, clock } = options;
  const onPush = pushHandler({
    ...options,
    topics: DESK_TOPICS,
    receive: (topic, message) => takeMessage(desk, bus, topic, message, clock.now()),
  });
  return async (request, response) => {
    const isTimer = request.url?.split('?')[0] === '/timer';
    if (!isTimer) return onPush(request, response);
    response.writeHead(await onTimer(options, desk, request)).end();
  };
}

async function onTimer(options: DeskHandlerOptions, desk: TradeDesk, request: IncomingMessage) {
  try {
    if (!(await options.authorize(request))) return 401;
    if (request.method !== 'POST') return 405;
    await desk.take({ kind: 'timer', at: options.clock.now() });
    return 204;
  } catch (error) {
    options.onError?.(error);
    return 503;
  }
}
