/** Bybit's answers to what we send: acknowledgements, refusals, pongs. */
import { WireFormatError } from '../../../schemas/errors.ts';
import type { ControlEvent } from '../market-event.ts';
import { quote } from '../wire-frame.ts';
import { streamOf } from './streams.ts';
import { ControlFrame } from './wire.ts';

/** More than a request of ours can hold. */
const MOST_NAMED = 16;
/** More than a refusal of all topics of a request needs; the search below is quadratic. */
const LONGEST_REASON = 1_000;

/** Several where a refusal names several streams. @throws WireFormatError where it is no answer at all. */
export function controlEvents(message: unknown, frame: string): ControlEvent[] {
  const result = ControlFrame.safeParse(message);
  if (!result.success) {
    throw new WireFormatError(`Expected a topic, or an answer with op, from Bybit, got ${quote(frame)}.`);
  }
  const { op, success, ret_msg = '', req_id } = result.data;
  const requestId = req_id ? req_id : null;
  if (op === 'pong' || (op === 'ping' && ret_msg === 'pong')) return [{ kind: 'pong' }];
  if (success === false) return refusals(ret_msg, requestId);
  if ((op === 'subscribe' || op === 'unsubscribe') && success === true) {
    return [{ kind: 'ack', requestId, stream: null }];
  }
  return [{ kind: 'unknown', what: `op ${quote(op ?? '')}` }];
}

/** Streams are named by `…,topic:a` (linear) or `…:[a]` (spot); a refusal that names none is of the whole request. */
function refusals(text: string, requestId: string | null): ControlEvent[] {
  const reason = quote(text);
  const isSubscribed = text.includes('already subscribed');
  const start = text.slice(0, LONGEST_REASON);
  const listed = /topic:(\S+)$/.exec(start)?.[1] ?? /\[(\S+)\]$/.exec(start)?.[1] ?? '';
  const streams = listed
    .split(/,(?:topic:)?/, MOST_NAMED)
    .map(streamOf)
    .filter((stream) => stream !== null);
  const named = streams.length === 0 ? [null] : streams;
  return named.map((stream) => ({ kind: 'refusal', requestId, reason, stream, isSubscribed }));
}
