/** Who asks the simulated Bybit, by the signature in the headers. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SentRequest } from '../../venue.ts';
import { refusal } from './refusal.ts';

export interface TwinKey {
  readonly key: string;
  readonly secret: string;
  /** It may ask, but not trade. */
  readonly isReadOnly?: boolean;
  readonly canWithdraw?: boolean;
  /** It is bound to another address than that of whoever asks. */
  readonly isOfOtherAddress?: boolean;
}

const USUAL_WINDOW_MS = 5_000;
/** A request may be stamped so much later than now. Unit: ms. */
const AHEAD_MS = 1_000;

/** @throws Refused where the exchange would not answer. */
export function authenticated(
  keys: ReadonlyMap<string, TwinKey>,
  url: URL,
  sent: SentRequest,
  ms: number,
): TwinKey {
  const header = (name: string) => String(sent.headers[`x-bapi-${name}`] ?? '');
  const key = keys.get(header('api-key'));
  if (!key) throw refusal(10_003, 'API key is invalid.');
  const window = header('recv-window') || String(USUAL_WINDOW_MS);
  const stamp = header('timestamp');
  const payload = sent.method === 'POST' ? sent.body : url.search.slice(1);
  const text = `${stamp}${key.key}${window}${payload}`;
  const sign = createHmac('sha256', key.secret).update(text).digest();
  // As the exchange does, it tells the text that should have been signed.
  if (!isSame(sign, header('sign'))) throw refusal(10_004, `error sign! origin_string[${text}]`);
  const at = Number(stamp);
  if (!(at >= ms - Number(window) && at < ms + AHEAD_MS)) {
    throw refusal(
      10_002,
      `invalid request, please check your server timestamp or recv_window param. req_timestamp[${stamp}],server_timestamp[${ms}],recv_window[${window}]`,
    );
  }
  if (key.isOfOtherAddress)
    throw refusal(10_010, "Unmatched IP, please check your API key's bound IP addresses.");
  if (key.isReadOnly && sent.method === 'POST')
    throw refusal(10_005, 'Permission denied, please check your API key permissions.');
  return key;
}

/** In a time that does not tell how much of it is right. */
function isSame(sign: Buffer, hex: string): boolean {
  const given = Buffer.from(hex, 'hex');
  return given.length === sign.length && timingSafeEqual(given, sign);
}
