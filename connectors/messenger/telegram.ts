/** Messenger on Telegram's Bot API, spoken by grammY. */
import { type Api, InputFile } from 'grammy';
import { type BotOptions, openApi, outcomeOf } from './bot-calls.ts';
import type { Button, Edit, Found, Messenger, Outcome, OutgoingPhoto, OutgoingText, Probe } from './port.ts';

/** Answers that say what stands where we looked. */
const NOT_MODIFIED = 'message is not modified';
const NOT_FOUND = 'message to edit not found';
const NOT_OURS = "message can't be edited";

/** @throws ConfigError where token or address cannot be right; neither is repeated in the message. */
export function telegramMessenger(options: BotOptions): Messenger {
  return new TelegramMessenger(options);
}

class TelegramMessenger implements Messenger {
  readonly #api: Api;
  readonly #stop = new AbortController();

  constructor(options: BotOptions) {
    this.#api = openApi(options, this.#stop.signal);
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
