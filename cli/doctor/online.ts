/** What is outside: the exchange, its clock, Google Cloud. */
import { GoogleAuth } from 'google-auth-library';
import WebSocket from 'ws';
import type { Clock } from '../../connectors/clock/port.ts';
import { networkCode } from '../../connectors/network-code.ts';
import { messageOf } from '../../schemas/errors.ts';
import { duration } from '../figures.ts';
import { type Finding, found, ok } from './finding.ts';

export interface ExchangeAddress {
  readonly venue: string;
  readonly restUrl: string;
  readonly wsUrl: string;
}

const PATIENCE_MS = 8_000;
/** The header tells whole seconds. */
const SKEW_MS = 2_000;

/** By the time its answers carry. */
export async function restFindings({ venue, restUrl }: ExchangeAddress, clock: Clock): Promise<Finding[]> {
  const askedMs = clock.now();
  try {
    const { headers } = await fetch(restUrl, {
      signal: AbortSignal.timeout(PATIENCE_MS),
      redirect: 'manual',
    });
    const answeredMs = clock.now();
    const reached = ok(venue, `REST answers in ${duration(answeredMs - askedMs)}`);
    const theirMs = Date.parse(headers.get('date') ?? '');
    if (Number.isNaN(theirMs)) return [reached];
    return [reached, skewFinding((askedMs + answeredMs) / 2 - (theirMs + 500))];
  } catch (error) {
    return [unreached(venue, `REST of ${restUrl}`, error)];
  }
}

/** @param skewMs This clock less theirs. */
export function skewFinding(skewMs: number): Finding {
  const what = `this clock is ${duration(Math.abs(skewMs))} ${skewMs < 0 ? 'behind' : 'ahead of'} the exchange's`;
  if (Math.abs(skewMs) < SKEW_MS)
    return ok('clock', `this clock agrees with the exchange's, as far as is told`);
  return found('clock', Math.abs(skewMs) >= 2 * SKEW_MS ? 'stop' : 'warning', {
    what,
    why: 'Ages, bar closes and requests for orders are judged by it: what is fresh looks old, or the other way round.',
    remedy: 'sudo timedatectl set-ntp true',
  });
}

export function webSocketFinding({ venue, wsUrl }: ExchangeAddress): Promise<Finding> {
  return new Promise((answer) => {
    const socket = new WebSocket(wsUrl, { handshakeTimeout: PATIENCE_MS });
    socket.once('open', () => {
      answer(ok(venue, 'WebSocket opens'));
      socket.close();
    });
    socket.on('error', (error) => answer(unreached(venue, `WebSocket of ${wsUrl}`, error)));
  });
}

function unreached(venue: string, what: string, error: unknown): Finding {
  return found(venue, 'stop', {
    what: `${what} is not reached: ${networkCode(error) ?? messageOf(error)}`,
    why: 'Live trades come from there; simulation, replay and backtest need none of it.',
    remedy: `curl -sv ${what.split(' ').at(-1)?.replace(/^ws/, 'http')}; where the exchange is closed to your country, run elsewhere`,
  });
}

/** Credentials that are found as gcloud's are, and whether Pub/Sub lets them in. */
export async function cloudFinding(project: string, endpoint: string | undefined): Promise<Finding> {
  try {
    if (endpoint) await fetch(`http://${endpoint}/`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    else await listTopics(project);
    return ok('cloud', `Pub/Sub of ${project} answers${endpoint ? ` at ${endpoint}` : ''}`);
  } catch (error) {
    return found('cloud', 'stop', {
      what: `Pub/Sub of ${project} is not reached: ${networkCode(error) ?? messageOf(error)}`,
      why: '--bus pubsub, --on bigquery and cst deploy need it; all else does not.',
      remedy: 'gcloud auth application-default login, and see that the account has roles/pubsub.viewer',
    });
  }
}

async function listTopics(project: string): Promise<void> {
  const auth = new GoogleAuth({ scopes: ['https://www.googleapis.com/auth/pubsub'] });
  const url = `https://pubsub.googleapis.com/v1/projects/${encodeURIComponent(project)}/topics?pageSize=1`;
  await auth.request({ url, timeout: PATIENCE_MS, retry: false });
}
