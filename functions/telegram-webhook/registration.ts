/** Where Telegram posts what people say to the bot: set, shown, taken away. */
import type { BotUpdates, Webhook } from '../../connectors/messenger/bot-updates.ts';
import type { Outcome } from '../../connectors/messenger/port.ts';
import { ConfigError, UpstreamError } from '../../schemas/errors.ts';

const SECRET = /^[A-Za-z0-9_-]{16,256}$/;

/** @throws ConfigError where the secret cannot be one. */
export function assertWebhookSecret(secret: string): void {
  if (SECRET.test(secret)) return;
  throw new ConfigError(
    'Expected a webhook secret of 16 to 256 letters, digits, _ or -, got something else.',
  );
}

/**
 * Tells Telegram to post to `url`, with `secret` in a header; what is then in force. May be repeated, at each deployment.
 * @throws ConfigError where address, secret or token are wrong; UpstreamError where Telegram did not answer: try again.
 */
export async function setWebhook(
  bot: Pick<BotUpdates, 'setWebhook' | 'webhook'>,
  { url, secret }: { readonly url: string; readonly secret: string },
): Promise<Webhook> {
  assertWebhookSecret(secret);
  if (!URL.canParse(url) || new URL(url).protocol !== 'https:') {
    throw new ConfigError('Expected the address of the webhook as https://…, got something else.');
  }
  done('set the webhook', await bot.setWebhook(url, secret));
  return webhookInfo(bot);
}

/** @throws ConfigError, UpstreamError */
export async function webhookInfo(bot: Pick<BotUpdates, 'webhook'>): Promise<Webhook> {
  return done('tell of the webhook', await bot.webhook());
}

/** What waits stays at Telegram, for a day. @throws ConfigError, UpstreamError */
export async function deleteWebhook(bot: Pick<BotUpdates, 'deleteWebhook'>): Promise<void> {
  done('delete the webhook', await bot.deleteWebhook());
}

function done<T>(doing: string, outcome: Outcome<T>): T {
  if (outcome.kind === 'done') return outcome.value;
  const text = `Expected Telegram to ${doing}, got: ${outcome.reason.replace(/\.$/, '')}.`;
  if (outcome.kind !== 'refused') throw new UpstreamError(`${text} Try again.`);
  throw new ConfigError(outcome.isOurs ? `${text} Check the bot’s token.` : text);
}
