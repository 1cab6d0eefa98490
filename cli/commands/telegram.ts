/** `cst telegram`: its flags. What it does is loaded when it is asked for: no other command should wait for it. */
import type { Command } from 'commander';
import { addConfigOption, once, textOption } from '../option-kinds.ts';
import type { TelegramFlags } from '../run-telegram.ts';

const HELP = `
Telegram posts what people say to the bot to one address, its webhook. \`cst deploy\`'s functions have one; a laptop has
none: there \`cst start\` asks for commands by long polls, which Telegram refuses as long as a webhook is set.

Secrets are never flags. CST_TELEGRAM_TOKEN holds the bot's token (@BotFather gives it), CST_TELEGRAM_WEBHOOK_SECRET what
Telegram shows the webhook: 16 to 256 letters, digits, _ or -. Either may be a file instead, named by the same variable
with _FILE behind it. CST_TELEGRAM_API, or telegram.api of the settings, is the address of a Bot API server of
one's own.

Examples:
  CST_TELEGRAM_TOKEN_FILE=token CST_TELEGRAM_WEBHOOK_SECRET_FILE=secret cst telegram webhook set --url https://…
  CST_TELEGRAM_TOKEN_FILE=token cst telegram webhook info --json
  CST_TELEGRAM_TOKEN_FILE=token cst telegram webhook delete
`;

export function addTelegram(program: Command): void {
  const telegram = program
    .command('telegram')
    .summary('the bot: where Telegram posts what people say to it')
    .description('Looks after the bot.');
  const webhook = telegram.command('webhook').description('Sets, shows or deletes the webhook of the bot.');
  const add = (verb: 'set' | 'info' | 'delete', summary: string) =>
    addConfigOption(webhook.command(verb))
      .summary(summary)
      .description(`${summary[0]!.toUpperCase()}${summary.slice(1)}.`)
      .option('--json', 'one JSON object on stdout instead of text')
      .addHelpText('after', HELP)
      .action(async (flags: TelegramFlags) => (await import('../run-telegram.ts')).runTelegram(verb, flags));
  add('set', 'tell Telegram to post to the webhook').addOption(
    once(textOption('--url <https>', 'address of the webhook')).makeOptionMandatory(),
  );
  add('info', 'show where Telegram posts, what waits, and what failed last');
  add('delete', 'stop Telegram from posting; what waits stays for polls');
}
