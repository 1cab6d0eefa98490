/** The desk in the cloud: push subscriptions of its topics post to it, and a timer. */
import type { Clock } from '../../connectors/clock/port.ts';
import type { Meter } from '../../connectors/metrics/meter.ts';
import type { Stages } from '../../connectors/telemetry/stages.ts';
import { graphTold } from '../../connectors/telemetry/traced-bus.ts';
import { type Handler, type PostOptions, postHandler } from '../post-handler.ts';
import { pushHandler } from '../push.ts';
import { commandsOf } from './commands.ts';
import { type AccountPorts, bookOnAccount, Execution } from './execution.ts';
import { DESK_TOPICS, takeMessage } from './messages.ts';
import { deskSamples } from './metrics.ts';
import { type DeskPorts, TradeDesk } from './run.ts';
import type { Book } from './state.ts';

export type DeskHandlerOptions = DeskPorts &
  PostOptions & {
    readonly clock: Clock;
    readonly stages?: Stages | undefined;
    /** True where nobody measures the graph, as on Dataflow: its stage is then what lies between bar close and publication. */
    readonly measuresGraph?: boolean;
    /** Needed where a book lives on it. */
    readonly account?: AccountPorts;
    readonly meter?: Meter | undefined;
  };

/**
 * `POST /`: one message, answered as every push is. `POST /timer`: 204 once the clock has been looked at, and the account
 * where there is one; 503 to come again. A book on an account has its orders sent with the push that decides them.
 * @throws ConfigError where a book is to live on an account and there is none.
 */
export function deskHandler(options: DeskHandlerOptions): Handler {
  const { bus, clock } = options;
  const { desk, execution, send } = deskOf(options);
  options.meter?.read(() => deskSamples(desk, clock.now()));
  const onPush = pushHandler({
    ...options,
    topics: DESK_TOPICS,
    async receive(topic, message) {
      if (options.stages && options.measuresGraph) graphTold(options.stages, topic, message);
      await takeMessage(desk, bus, topic, message, clock.now());
      await send();
    },
  });
  const onTimer = postHandler(options, async () => {
    await desk.take({ kind: 'timer', at: clock.now() });
    await execution?.instruments();
    await execution?.pass();
    await execution?.reconcile();
    return 204;
  });
  return (request, response) => {
    const isTimer = request.url?.split('?')[0] === '/timer';
    return (isTimer ? onTimer : onPush)(request, response);
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
