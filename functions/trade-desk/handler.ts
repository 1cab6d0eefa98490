/** The desk in the cloud: push subscriptions of its topics post to it, and a timer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../connectors/clock/port.ts';
import { type PushHandlerOptions, pushHandler } from '../push.ts';
import { commandsOf } from './commands.ts';
import { type AccountPorts, bookOnAccount, Execution } from './execution.ts';
import { DESK_TOPICS, takeMessage } from './messages.ts';
import { type DeskPorts, TradeDesk } from './run.ts';
import type { Book } from './state.ts';

export type DeskHandlerOptions = DeskPorts &
  Pick<PushHandlerOptions, 'authorize' | 'onError'> & {
    readonly clock: Clock;
    /** Needed where a book lives on it. */
    readonly account?: AccountPorts;
  };

/**
 * `POST /`: one message, answered as every push is. `POST /timer`: 204 once the clock has been looked at, and the account
 * where there is one; 503 to come again. A book on an account has its orders sent with the push that decides them.
 * @throws ConfigError where a book is to live on an account and there is none.
 */
export function deskHandler(
  options: DeskHandlerOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { bus, clock } = options;
  const { desk, execution, send } = deskOf(options);
  const onPush = pushHandler({
    ...options,
    topics: DESK_TOPICS,
    async receive(topic, message) {
      await takeMessage(desk, bus, topic, message, clock.now());
      await send();
    },
  });
  return async (request, response) => {
    const isTimer = request.url?.split('?')[0] === '/timer';
    if (!isTimer) return onPush(request, response);
    response.writeHead(await onTimer(options, desk, execution, request)).end();
  };
}

/** What cannot be sent stays in the row for the next push or timer: the message itself is done. */
function deskOf(options: DeskHandlerOptions) {
  const { account, clock, config, onError } = options;
  const params = bookOnAccount(config, account);
  if (params === null || account === undefined) {
    return { desk: new TradeDesk(options), execution: undefined, send: async () => {} };
  }
  let isDue = false;
  const onBook = (book: Book) => {
    isDue ||= book.book === params.book && commandsOf(book, clock.now()).length > 0;
  };
  const desk = new TradeDesk({ ...options, onBook });
  const execution = new Execution({ ...account, desk, clock, params });
  const send = async () => {
    if (!isDue) return;
    isDue = false;
    await execution.pass().catch((error: unknown) => onError?.(error));
  };
  return { desk, execution, send };
}

async function onTimer(
  options: DeskHandlerOptions,
  desk: TradeDesk,
  execution: Execution | undefined,
  request: IncomingMessage,
) {
  try {
    if (!(await options.authorize(request))) return 401;
    if (request.method !== 'POST') return 405;
    await desk.take({ kind: 'timer', at: options.clock.now() });
    await execution?.instruments();
    await execution?.pass();
    await execution?.reconcile();
    return 204;
  } catch (error) {
    options.onError?.(error);
    return 503;
  }
}
