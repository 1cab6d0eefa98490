/** The tick sink as an HTTP function: a timer posts to it every ten minutes. */
import { type Handler, type PostOptions, postHandler } from '../post-handler.ts';
import { sinkTicks, type TickSinkLimits, type TickSinkPorts, type TickSinkRun } from './tick-sink.ts';

export interface TickSinkHandlerOptions extends TickSinkPorts, PostOptions {
  readonly limits?: TickSinkLimits;
  /** Told of each run that went well. */
  readonly onRun?: (run: TickSinkRun) => void;
}

/** `POST /`. 204: what had gathered is durable, or as much of it as there was time for. 503: some is not, and comes again. */
export function tickSinkHandler(options: TickSinkHandlerOptions): Handler {
  return postHandler(options, async () => {
    options.onRun?.(await sinkTicks(options, options.limits));
    return 204;
  });
}
