/** The webhook as an HTTP function: Telegram posts each update to it, with the secret that was agreed upon. */
import { isSameText } from '../bearer.ts';
import { type Handler, type PostOptions, postHandler } from '../post-handler.ts';
import { jsonOf } from '../request-body.ts';
import { assertWebhookSecret } from './registration.ts';
import { requestOf, Update } from './update.ts';
import { handleRequest, type WebhookPorts } from './webhook.ts';

export interface WebhookHandlerOptions extends WebhookPorts, Pick<PostOptions, 'onError'> {
  /** `secret_token` of setWebhook: 16 to 256 of A–Z, a–z, 0–9, _ and -. */
  readonly secret: string;
}

const HEADER = 'x-telegram-bot-api-secret-token';
const MAX_BODY_BYTES = 1 << 20;

/**
 * `POST /`. 204: done, or nothing for us. 401: not from Telegram. 400: no update. 503: it comes again.
 * @throws ConfigError where the secret cannot be one.
 */
export function webhookHandler(options: WebhookHandlerOptions): Handler {
  const { secret } = options;
  assertWebhookSecret(secret);
  const authorize: PostOptions['authorize'] = ({ headers }) =>
    isSameText(String(headers[HEADER] ?? ''), secret);
  return postHandler({ ...options, authorize }, async (request) => {
    const update = Update.safeParse(await jsonOf(request, MAX_BODY_BYTES));
    if (!update.success) return 400;
    const asked = requestOf(update.data);
    if (asked !== null) await handleRequest(options, asked);
    return 204;
  });
}
