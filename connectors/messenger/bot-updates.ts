/** What people say to a bot: Telegram posts it to a webhook, or is asked for it by long polls; never both. */
import type { Api } from 'grammy';
import { type BotOptions, openApi, outcomeOf } from './bot-calls.ts';
import type { Outcome } from './port.ts';

export interface Webhook {
  /** '' where there is none. */
  readonly url: string;
  /** Updates that wait. */
  readonly pending: number;
  /** What Telegram last could not post, and when; null where it could. Unit: ms since the epoch. */
  readonly lastError: { readonly text: string; readonly atMs: number } | null;
}

/** The kinds of update that commands and buttons come as. */
const ALLOWED = ['message', 'channel_post', 'callback_query'] as const;
/** How long a poll waits for the first update; Telegram's own answer comes by then. Unit: s. */
const POLL_S = 50;
/** Beyond that wait. Unit: ms. */
const GRACE_MS = 10_000;

/** Number of the bot, the open half of its token. */
export function botId(token: string): string {
  return token.split(':', 1)[0]!;
}

export class BotUpdates {
  readonly #api: Api;
  readonly #pollS: number;
  readonly #stop = new AbortController();

  /** @throws ConfigError where token or address cannot be right; neither is repeated in the message. */
  constructor(options: BotOptions & { readonly pollS?: number | undefined }) {
    this.#pollS = options.pollS ?? POLL_S;
    const timeoutMs = this.#pollS * 1_000 + (options.timeoutMs ?? GRACE_MS);
    this.#api = openApi({ ...options, timeoutMs }, this.#stop.signal);
  }

  /** From then on Telegram posts to `url`, with `secret` in a header. Repeating it changes nothing. */
  setWebhook(url: string, secret: string): Promise<Outcome<true>> {
    return outcomeOf(() => this.#api.setWebhook(url, { secret_token: secret, allowed_updates: ALLOWED }));
  }

  webhook(): Promise<Outcome<Webhook>> {
    return outcomeOf(async () => {
      const info = await this.#api.getWebhookInfo();
      const { url = '', pending_update_count: pending, last_error_message: text, last_error_date: at } = info;
      return { url, pending, lastError: text === undefined ? null : { text, atMs: (at ?? 0) * 1_000 } };
    });
  }

  /** What waits stays, for polls or for the next webhook. */
  deleteWebhook(): Promise<Outcome<true>> {
    return outcomeOf(() => this.#api.deleteWebhook());
  }

  /** Updates from number `offset` on, as soon as there is one, none after a while; those before it are forgotten. */
  poll(offset: number): Promise<Outcome<readonly { readonly update_id: number }[]>> {
    return outcomeOf(() =>
      this.#api.getUpdates({ offset, timeout: this.#pollS, allowed_updates: ALLOWED, limit: 100 }),
    );
  }

  /** Ends the calls under way. */
  close(): void {
    this.#stop.abort();
  }
}
