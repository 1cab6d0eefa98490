/** The exchange: whether it is one that answers at its addresses, and how far its clock is from ours. */
import { once } from 'node:events';
import WebSocket from 'ws';
import type { Clock } from '../../connectors/clock/port.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import { within } from '../../connectors/clock/within.ts';
import { venueAdapter } from '../../connectors/exchanges/adapters.ts';
import { explainNetworkError } from '../../connectors/exchanges/explain.ts';
import { type Answer, fetchAnswer } from '../../connectors/exchanges/rest-fetch.ts';
import type { VenueAdapter } from '../../connectors/exchanges/venue.ts';
import { messageOf, WireFormatError } from '../../schemas/errors.ts';
import type { Venue } from '../../schemas/primitives.ts';
import { duration } from '../figures.ts';
import { type Finding, found, ok } from './finding.ts';
import { SERVER_TIMES } from './server-time.ts';

export interface ExchangeOptions {
  /** This machine's. */
  readonly clock: Clock;
  readonly patienceMs?: number;
}

const PATIENCE_MS = 8_000;
/** Of an answer that tells the time. */
const MAX_BYTES = 1 << 20;
/** Feeds are taken for stale, and orders refused, by seconds. */
const SKEW_MS = 2_000;

/** Answers at its REST address, and by it the clock. */
export async function restFindings(
  { venue, restUrl }: Pick<VenueAdapter, 'venue' | 'restUrl'>,
  { clock, patienceMs = PATIENCE_MS }: ExchangeOptions,
): Promise<Finding[]> {
  const { path, answer: form, stepMs } = SERVER_TIMES[venue];
  const url = `${restUrl}${path}`;
  const limits = { clock: systemClock, timeoutMs: patienceMs, maxBytes: MAX_BYTES };
  const askedMs = clock.now();
  let answer: Answer;
  try {
    answer = await fetchAnswer(url, limits);
  } catch (error) {
    return [unreached(explainNetworkError(url, error), 'restUrl', venue, url)];
  }
  const answeredMs = clock.now();
  const time = form.safeParse(jsonOf(answer.text));
  if (answer.status !== 200 || !time.success) {
    return [unreached(`${url} is not the REST of ${venue}: it ${sortOf(answer)}`, 'restUrl', venue, url)];
  }
  const reached = ok('exchange', `${venue} answers at ${restUrl} in ${duration(answeredMs - askedMs)}`);
  const skewMs = (askedMs + answeredMs) / 2 - (time.data + stepMs / 2);
  return [reached, isHere(restUrl) ? twinTime(restUrl, skewMs) : skewFinding(skewMs)];
}

/** What answered in its place. */
function sortOf({ status, headers, text }: Answer): string {
  const place = headers.get('location');
  if (status >= 300 && status < 400) return `answered ${status}, and points to ${place ?? 'nowhere'}`;
  if (status === 403 || status === 451) return `answered ${status}: it may not serve this address or country`;
  if (status === 418 || status === 429) return `answered ${status}: it was asked too often from here`;
  const [, title] = /<title[^>]*>\s*([^<]{0,80}?)\s*</i.exec(text) ?? [];
  const isPage = /^\s*<(!doctype|html|head|\?xml)/i.test(text);
  const page = `a web page${title ? `, “${title}”` : ''}`;
  const sort = isPage
    ? page
    : jsonOf(text) === undefined
      ? 'something that is no JSON'
      : 'JSON of something else';
  return status === 200 ? `answered ${sort}` : `answered ${status} with ${sort}`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isHere(url: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(URL.parse(url)?.hostname ?? '');
}

/** A twin's market runs at a pace of its own; its clock is this machine's. */
function twinTime(url: string, skewMs: number): Finding {
  const apart =
    Math.abs(skewMs) < SKEW_MS ? 'it tells the time of this machine' : 'its market has a time of its own';
  return ok('clock', `${url} is on this machine: ${apart}`);
}

/** @param skewMs This clock less theirs. */
export function skewFinding(skewMs: number): Finding {
  const apart = duration(Math.abs(skewMs));
  const what = `this clock is ${apart} ${skewMs < 0 ? 'behind' : 'ahead of'} the exchange's`;
  if (Math.abs(skewMs) < SKEW_MS) return ok('clock', what);
  return found('clock', Math.abs(skewMs) >= 2 * SKEW_MS ? 'stop' : 'warning', {
    what,
    why: 'Ages, bar closes and requests for orders are judged by it: what is fresh looks old, or the other way round.',
    remedy: 'sudo timedatectl set-ntp true, then timedatectl timesync-status',
  });
}

/** Opens, and answers as the venue does. @param silenceMs How long an open one may say nothing. */
export async function webSocketFinding(
  { venue, wsUrl, ping, mapper }: Pick<VenueAdapter, 'venue' | 'wsUrl' | 'ping' | 'mapper'>,
  silenceMs: number = PATIENCE_MS,
): Promise<Finding> {
  let socket: WebSocket | undefined;
  try {
    socket = new WebSocket(wsUrl, { handshakeTimeout: PATIENCE_MS });
    const frame = await answerOf(socket, ping?.frame ?? null, silenceMs);
    const events = frame === null ? [] : mapper()(frame);
    if (events.some(({ kind }) => kind === 'unknown'))
      throw new WireFormatError('it says what no exchange does');
    return ok('exchange', `${venue} answers at ${wsUrl}`);
  } catch (error) {
    const what =
      error instanceof WireFormatError
        ? `${wsUrl} does not answer as the WebSocket of ${venue}: ${messageOf(error)}`
        : explainNetworkError(wsUrl, error);
    return unreached(what, 'wsUrl', venue, wsUrl);
  } finally {
    // What does not answer does not say goodbye either.
    socket?.terminate();
  }
}

/** What it says first; null where there is nothing to ask. @throws WireFormatError where it says nothing, or what the socket throws */
async function answerOf(socket: WebSocket, ping: string | null, silenceMs: number): Promise<string | null> {
  const { promise: frame, resolve, reject } = Promise.withResolvers<string>();
  socket.once('message', (bytes) => resolve(String(bytes)));
  socket.once('close', (code) => reject(new Error(`it closed the connection (code ${code})`)));
  // For good: an error comes late, too, when nobody asks any more.
  socket.on('error', reject);
  frame.catch(() => {});
  await once(socket, 'open');
  if (ping === null) return null;
  socket.send(ping);
  if (await within(systemClock, silenceMs, frame)) return frame;
  throw new WireFormatError('it opens, and says nothing');
}

function unreached(what: string, key: 'restUrl' | 'wsUrl', venue: Venue, url: string): Finding {
  const isSet = !url.startsWith(venueAdapter(venue)[key]);
  return found('exchange', 'stop', {
    what: what.replace(/\.$/, ''),
    why: 'Live trades come from there; simulation, replay and backtest need none of it.',
    remedy: isSet
      ? `set relay.${key} to an exchange or twin that runs (cst twin), or leave it out`
      : `see curl -sv ${url.replace(/^ws/, 'http')}; where the exchange is closed to your country, run elsewhere`,
  });
}
