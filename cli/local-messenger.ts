/** The messenger of a stack: a folder for the console's own chat, Telegram for the chats of a bot. */
import type { Environment } from '../connectors/environment.ts';
import { fileMessenger } from '../connectors/messenger/file.ts';
import type { Messenger } from '../connectors/messenger/port.ts';
import { secretOf } from '../connectors/secret.ts';
import { ChatNumber } from '../schemas/chat-number.ts';
import { ConfigError } from '../schemas/errors.ts';

/** No chat of Telegram has this number. */
export const CONSOLE_CHAT = '0';

export interface TelegramAccess {
  readonly token: string;
  readonly chats: readonly string[];
  /** Of a local Bot API server. */
  readonly apiRoot?: string | undefined;
}

export interface LocalMessengerOptions {
  /** Folder of messages and pictures. */
  readonly dir: string;
  readonly telegram: TelegramAccess | null;
  /** Told the file of each picture, and what stands below it. */
  readonly onPicture: (path: string, caption: string) => void;
}

/** @throws ConfigError, UpstreamError where the folder or the token cannot be used. */
export async function localMessenger({
  dir,
  telegram,
  onPicture,
}: LocalMessengerOptions): Promise<Messenger> {
  const bot = telegram && (await telegramOf(telegram));
  const echo = (text: string, picture: string | null) => {
    if (picture !== null) onPicture(picture, text.slice(0, -picture.length).trim());
  };
  const file = fileMessenger({ dir, echo });
  if (bot === null) return file;
  const of = (chat: string) => (chat === CONSOLE_CHAT ? file : bot);
  return {
    send: (message) => of(message.chat).send(message),
    sendPhoto: (photo) => of(photo.chat).sendPhoto(photo),
    edit: (edit) => of(edit.chat).edit(edit),
    probe: (probe) => of(probe.chat).probe(probe),
    answerPress: (pressId, notice) => bot.answerPress(pressId, notice),
    counterOf: (chat) => of(chat).counterOf(chat),
    close: async () => void (await Promise.all([file.close(), bot.close()])),
  };
}

/** Its library takes 5 MB, which most stacks have no use for. */
async function telegramOf(access: TelegramAccess): Promise<Messenger> {
  const { telegramMessenger } = await import('../connectors/messenger/telegram.ts');
  return telegramMessenger(access);
}

/** Null without a token. @param settings What the environment does not say. @throws ConfigError that repeats none of them. */
export function telegramAccess(
  environment: Environment,
  settings: { readonly chats?: readonly string[] | undefined; readonly api?: string | undefined } = {},
): TelegramAccess | null {
  const token = secretOf(environment, 'CST_TELEGRAM_TOKEN');
  if (token === undefined) return null;
  // An empty variable is none.
  const list = environment.CST_TELEGRAM_CHATS || settings.chats?.join(',') || '';
  const apiRoot = environment.CST_TELEGRAM_API || settings.api;
  const chats = list.split(',').flatMap((chat) => chat.trim() || []);
  if (chats.length > 0 && chats.every((chat) => ChatNumber.safeParse(chat).success)) {
    return { token, chats, apiRoot };
  }
  throw new ConfigError(
    'Expected CST_TELEGRAM_CHATS beside CST_TELEGRAM_TOKEN, as numbers of chats separated by commas, e.g. 123456789,-1001234567890. Send the bot a message, and https://api.telegram.org/bot<token>/getUpdates shows the number.',
  );
}
