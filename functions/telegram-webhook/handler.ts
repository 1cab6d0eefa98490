/** The webhook as an HTTP function: Telegram posts each update to it, with the secret that was agreed upon. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../../schemas/errors.ts';
import { isSameText } from '../bearer.ts';
import { assertWebhookSecret } from './registration.ts';
import { requestOf, Update } from './update.ts';
import { handleRequest, type WebhookPorts } from './webhook.ts';

export interface WebhookHandlerOptions extends WebhookPorts {
  /** `secret_token` of setWebhook: 16 to 256 of A–Z, a–z, 0–9, _ and -. */
  readonly secret: string;
  /** Told of what went wrong, for the log. */
  readonly onError?: (line: string) => void;
}

const HEADER = 'x-telegram-bot-api-secret-token';
const MAX_BODY_BYTES = 1 << 20;

/**
 * `POST /`. 204: done, or nothing for us. 401: not from Telegram. 400: no update. 503: it comes again.
 * @throws ConfigError where the secret cannot be one.
 */
export function webhookHandler(
  options: WebhookHandlerOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  assertWebhookSecret(options.secret);
  return async (request, response) => {
    const status = await statusOf(options, request);
    response.writeHead(status, status === 405 ? { allow: 'POST' } : {}).end();
  };
}

async function statusOf(options: WebhookHandlerOptions, request: IncomingMessage): Promise<number> {
  if (!isSameText(String(request.headers[HEADER] ?? ''), options.secret)) return 401;
  if (request.method !== 'POST') return 405;
  try {
    const update = Update.safeParse(await bodyOf(request));
    if (!update.success) return 400;
    const asked = requestOf(update.data);
    if (asked !== null) await handleRequest(options, asked);
    return 204;
  } catch (error) {
    options.onError?.(messageOf(error));
    return 503;
  }
}

/** Null where it is too long or no JSON. */
async function bodyOf(request: IncomingMessage): Promise<unknown> {
  // Functions frameworks have read it already.
  if ('body' in request && request.body !== undefined) return request.body;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Uint8Array).length;
    if (bytes > MAX_BODY_BYTES) return null;
    chunks.push(chunk as Uint8Array);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return null;
  }
}
