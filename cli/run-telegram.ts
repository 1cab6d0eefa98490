/** `cst telegram webhook`: sets, shows or deletes it, and says what is then in force. */
import type { Environment } from '../connectors/environment.ts';
import { BotUpdates, type Webhook } from '../connectors/messenger/bot-updates.ts';
import { readSecret } from '../connectors/secret.ts';
import { secret, settingsOf } from '../functions/environment.ts';
import { deleteWebhook, setWebhook, webhookInfo } from '../functions/telegram-webhook/registration.ts';
import { NotRunningError } from '../schemas/errors.ts';
import { settingsFor } from './config/files.ts';
import type { ConfigFlags } from './option-kinds.ts';

export interface TelegramFlags extends ConfigFlags {
  readonly url?: string;
  readonly json?: boolean;
}

const TOKEN = { token: secret('CST_TELEGRAM_TOKEN') };
const SECRET = { secret: secret('CST_TELEGRAM_WEBHOOK_SECRET') };

/** @throws ConfigError, UpstreamError; NotRunningError where `info` finds no webhook. */
export async function runTelegram(
  verb: 'set' | 'info' | 'delete',
  flags: TelegramFlags,
  environment: Environment = process.env,
  write: (text: string) => void = (text) => process.stdout.write(text),
): Promise<void> {
  const { token } = settingsOf(TOKEN, environment);
  const bot = new BotUpdates({
    token: readSecret(token),
    apiRoot: environment.CST_TELEGRAM_API || settingsFor({ layers: flags.layers }).values.telegram.api,
  });
  try {
    const webhook = await perform(bot, verb, flags, environment);
    write(flags.json ? `${JSON.stringify(webhook)}\n` : textOf(webhook));
    if (verb === 'info' && webhook.url === '') throw new NotRunningError('The bot has no webhook.');
  } finally {
    bot.close();
  }
}

async function perform(
  bot: BotUpdates,
  verb: 'set' | 'info' | 'delete',
  { url = '' }: TelegramFlags,
  environment: Environment,
): Promise<Webhook> {
  if (verb === 'set') {
    const { secret: hidden } = settingsOf(SECRET, environment);
    return setWebhook(bot, { url, secret: readSecret(hidden) });
  }
  if (verb === 'delete') await deleteWebhook(bot);
  return webhookInfo(bot);
}

function textOf({ url, pending, lastError }: Webhook): string {
  const lines = [
    url === '' ? 'No webhook: commands can be had by polls.' : `Telegram posts to ${url}`,
    `${pending} updates wait.`,
    ...(lastError ? [`Last failure, ${new Date(lastError.atMs).toISOString()}: ${lastError.text}`] : []),
  ];
  return `${lines.join('\n')}\n`;
}
