/** Calls to Telegram's Bot API by grammY, and how they end. The token is part of every URL: no error of the network leaves here. */
import { Api, GrammyError, HttpError } from 'grammy';
import { ConfigError } from '../../schemas/errors.ts';
import { type BotApiFailure, botFetch, failureOf } from './bot-fetch.ts';
import type { Outcome } from './port.ts';

export interface BotOptions {
  /** As BotFather gave it. */
  readonly token: string;
  /** Default `https://api.telegram.org`; a local Bot API server's otherwise. */
  readonly apiRoot?: string | undefined;
  /** Longest wait for an answer. Unit: ms; default 30 s. */
  readonly timeoutMs?: number | undefined;
}

const TOKEN = /^\d{3,20}:[A-Za-z0-9_-]{20,64}$/;
const TIMEOUT_MS = 30_000;

/** `stop` ends the calls under way. @throws ConfigError where token or address cannot be right; neither is repeated. */
export function openApi({ token, apiRoot, timeoutMs = TIMEOUT_MS }: BotOptions, stop: AbortSignal): Api {
  if (!TOKEN.test(token)) {
    throw new ConfigError(
      'Expected a bot token such as 123456:ABC-DEF…, got something else. Take it from @BotFather.',
    );
  }
  const fetch = botFetch({ timeoutMs, stop });
  // grammY's own limit would leave the request open.
  return new Api(token, { apiRoot: rootOf(apiRoot), fetch, timeoutSeconds: (2 * timeoutMs) / 1000 });
}

function rootOf(apiRoot = 'https://api.telegram.org'): string {
  if (!URL.canParse(apiRoot)) throw new ConfigError('Expected the address of a Bot API server, got no URL.');
  return apiRoot.replace(/\/+$/, '');
}

export async function outcomeOf<T>(call: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { kind: 'done', value: await call() };
  } catch (error) {
    if (error instanceof GrammyError) return refusalOf(error);
    return fromNetwork(failureOf(error instanceof HttpError ? error.error : error));
  }
}

/** Telegram answered in its own words. */
function refusalOf({ error_code: code, description, parameters }: GrammyError): Outcome<never> {
  const reason = `Telegram answered ${code}: ${description}`;
  if (code === 429) return { kind: 'later', reason, afterMs: (parameters.retry_after ?? 1) * 1000 };
  // Its own trouble may come before or after the message went out.
  if (code >= 500) return { kind: 'unknown', reason };
  // 401 wrong token, 404 no such bot.
  return { kind: 'refused', reason, isOurs: code === 401 || code === 404 };
}

function fromNetwork({ reason, isSent }: BotApiFailure): Outcome<never> {
  return isSent ? { kind: 'unknown', reason } : { kind: 'later', reason, afterMs: null };
}
