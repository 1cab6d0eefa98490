/** Kraken's answers to what we send: an acknowledgement or a refusal for each symbol, and pongs. */
import type { ControlEvent, Stream } from '../market-event.ts';
import { checkFrame, quote, type WireObject } from '../wire-frame.ts';
import { CHANNEL_KINDS, kindOfRequest } from './streams.ts';
import { AnswerFrame } from './wire.ts';

/** @throws WireFormatError where it is no answer at all. */
export function answerEvents(message: WireObject, frame: string): ControlEvent[] {
  const what = 'a channel, or an answer with method';
  const answer = checkFrame(AnswerFrame, message, { venue: 'Kraken', what, frame });
  const { method, req_id, success, error, result } = answer;
  const requestId = req_id === undefined ? null : String(req_id);
  const reason = error ?? (typeof message.Error === 'string' ? message.Error : null);
  if (success === false || reason !== null) {
    const isSubscribed = /already subscribed/i.test(reason ?? '');
    const stream = refusedStream(answer.symbol ?? result?.symbol, requestId);
    return [{ kind: 'refusal', requestId, reason: quote(reason ?? 'no reason given'), stream, isSubscribed }];
  }
  if (method === 'pong') return [{ kind: 'pong' }];
  if (method !== 'subscribe' && method !== 'unsubscribe') {
    return [{ kind: 'unknown', what: method === undefined ? 'no method' : `method ${method}` }];
  }
  const kind = CHANNEL_KINDS.get(result?.channel ?? '');
  if (!kind) return [{ kind: 'unknown', what: quote(`answer of channel ${result?.channel}`) }];
  return [{ kind: 'ack', requestId, stream: result?.symbol ? { kind, symbol: result.symbol } : null }];
}

/** The channel is not in a refusal; the number of the request says it. */
function refusedStream(symbol: string | undefined, requestId: string | null): Stream | null {
  if (symbol === undefined || requestId === null) return null;
  const kind = kindOfRequest(requestId);
  return kind && { kind, symbol };
}
