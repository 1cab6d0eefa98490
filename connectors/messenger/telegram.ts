/** Messenger on Telegram's Bot API, spoken by grammY. The token is part of every URL: no error of the network leaves here. */
import { Api, GrammyError, HttpError, InputFile } from 'grammy';
import { ConfigError } from '../../schemas/errors.ts';
import { type BotApiFailure, botFetch, failureOf } from './bot-fetch.ts';
import type { Button, Edit, Found, Messenger, Outcome, OutgoingPhoto, OutgoingText, Probe } from './port.ts';

export interface TelegramOptions {
  /** As BotFather gave it. */
  readonly token: string;
  /** Default `https://api.telegram.org`; a local Bot API server's otherwise. */
  readonly apiRoot?: string | undefined;
  /** Longest wait for an answer. Unit: ms; default 30 s. */
  readonly timeoutMs?: number | undefined;
}

const TOKEN = /^\d{3,20}:[A-Za-z0-9_-]{20,64}$/;
const TIMEOUT_MS = 30_000;
/** Answers that say what stands where we looked. */
const NOT_MODIFIED = 'message is not modified';
const NOT_FOUND = 'message to edit not found';
const NOT_OURS = "message can't be edited";

/** @throws ConfigError where token or address cannot be right; neither is repeated in the message. */
export function telegramMessenger({ token, apiRoot, timeoutMs = TIMEOUT_MS }: TelegramOptions): Messenger {
  if (!TOKEN.test(token)) {
    throw new ConfigError(
      'Expected a bot token such as 123456:ABC-DEF…, got something else. Take it from @BotFather.',
    );
  }
  return new TelegramMessenger(token, rootOf(apiRoot), timeoutMs);
}

function rootOf(apiRoot = 'https://api.telegram.org'): string {
  if (!URL.canParse(apiRoot)) throw new ConfigError('Expected the address of a Bot API server, got no URL.');
  return apiRoot.replace(/\/+$/, '');
}

class TelegramMessenger implements Messenger {
  readonly #api: Api;
  readonly #stop = new AbortController();

  constructor(token: string, apiRoot: string, timeoutMs: number) {
    // grammY's own limit would leave the request open.
    const fetch = botFetch({ timeoutMs, stop: this.#stop.signal });
    this.#api = new Api(token, { apiRoot, fetch, timeoutSeconds: (2 * timeoutMs) / 1000 });
  }

  send({ chat, html, ...rest }: OutgoingText): Promise<Outcome<number>> {
    return outcomeOf(async () => {
      const sent = await this.#api.sendMessage(chat, html, {
        ...how(rest),
        link_preview_options: { is_disabled: true },
      });
      return sent.message_id;
    });
  }

  sendPhoto({ chat, html, png, fileName, ...rest }: OutgoingPhoto): Promise<Outcome<number>> {
    return outcomeOf(async () => {
      const file = new InputFile(png, fileName);
      const sent = await this.#api.sendPhoto(chat, file, { ...how(rest), caption: html });
      return sent.message_id;
    });
  }

  async edit({ chat, messageId, html, buttons }: Edit): Promise<Outcome<null>> {
    const outcome = await outcomeOf(async () => {
      await this.#api.editMessageText(chat, messageId, html, {
        parse_mode: 'HTML',
        reply_markup: keyboard(buttons),
        link_preview_options: { is_disabled: true },
      });
      return null;
    });
    return says(outcome, NOT_MODIFIED) ? { kind: 'done', value: null } : outcome;
  }

  async probe({ chat, messageId, buttons }: Probe): Promise<Outcome<Found>> {
    const set = (row: readonly Button[]) =>
      outcomeOf<Found>(async () => {
        await this.#api.editMessageReplyMarkup(chat, messageId, { reply_markup: keyboard(row) });
        return 'other';
      });
    const outcome = await set(buttons);
    if (says(outcome, NOT_MODIFIED)) return { kind: 'done', value: 'same' };
    if (says(outcome, NOT_FOUND)) return { kind: 'done', value: 'nothing' };
    if (says(outcome, NOT_OURS)) return { kind: 'done', value: 'other' };
    // It was another message of ours, and has our buttons now: they go again.
    if (outcome.kind === 'done') await set([]);
    return outcome;
  }

  answerPress(pressId: string, notice: string): Promise<Outcome<null>> {
    return outcomeOf(async () => {
      await this.#api.answerCallbackQuery(pressId, { text: notice });
      return null;
    });
  }

  /** Supergroups and channels (−100…) count their own messages; all other chats share the bot's counter. */
  counterOf(chat: string): string {
    return chat.startsWith('-100') ? chat : 'bot';
  }

  async close(): Promise<void> {
    this.#stop.abort();
  }
}

function how({ buttons, isSilent, replyTo }: Pick<OutgoingText, 'buttons' | 'isSilent' | 'replyTo'>) {
  return {
    parse_mode: 'HTML' as const,
    disable_notification: isSilent,
    ...(buttons.length > 0 ? { reply_markup: keyboard(buttons) } : {}),
    ...(replyTo === null
      ? {}
      : { reply_parameters: { message_id: replyTo, allow_sending_without_reply: true } }),
  };
}

function keyboard(buttons: readonly Button[]) {
  return { inline_keyboard: [buttons.map(({ text, data }) => ({ text, callback_data: data }))] };
}

function says(outcome: Outcome<unknown>, text: string): boolean {
  return outcome.kind === 'refused' && outcome.reason.includes(text);
}

async function outcomeOf<T>(call: () => Promise<T>): Promise<Outcome<T>> {
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
