/** Commands without a public address: Telegram is asked for them by long polls, and they do what the webhook's would. */
import { z } from 'zod';
import { backoffMs } from '../../connectors/backoff.ts';
import type { Clock } from '../../connectors/clock/port.ts';
import { within } from '../../connectors/clock/within.ts';
import { BotUpdates, botId } from '../../connectors/messenger/bot-updates.ts';
import type { Outcome } from '../../connectors/messenger/port.ts';
import { OwnedRows } from '../../connectors/state/owned.ts';
import { messageOf, UpstreamError } from '../../schemas/errors.ts';
import { type Request, requestOf, Update } from './update.ts';
import { handleRequest, type WebhookPorts } from './webhook.ts';

export interface TelegramPollingOptions extends WebhookPorts {
  readonly token: string;
  /** Default Telegram's. */
  readonly apiRoot?: string | undefined;
  /** Of waits for Telegram: the system's, whatever time the market runs on. */
  readonly realClock: Clock;
  /** Told in a sentence what a person should know, once until it changes; never a secret. */
  readonly onTrouble?: (line: string) => void;
}

export interface TelegramPolling {
  /** Ends the poll, finishes what was heard, then stops. Idempotent. */
  close(): Promise<void>;
}

const Offset = z.object({ bot: z.string(), next: z.number().int().nonnegative() });

const BACKOFF = { firstMs: 1_000, maxMs: 60_000 };
/** Wait where a person must change something first. Unit: ms. */
const CONFLICT_MS = 30_000;
/** A request that fails is tried so often, then given up: it must not hold up the others for good. */
const MAX_ATTEMPTS = 3;
/** For one attempt. Unit: ms. */
const PATIENCE_MS = 60_000;

/**
 * Polls until closed. Requests of one chat are handled in turn, chats side by side; the number of the next update is kept
 * in the state store once they are, so that after a crash what was heard last is heard again, and nothing is lost.
 * @throws ConfigError where the token cannot be one.
 */
export function runTelegramPolling(options: TelegramPollingOptions): TelegramPolling {
  const poller = new Poller(options);
  const running = poller.run();
  return {
    async close() {
      poller.stop();
      await running;
    },
  };
}

class Poller {
  readonly #options: TelegramPollingOptions;
  readonly #updates: BotUpdates;
  readonly #bot: string;
  readonly #offsets: OwnedRows<typeof Offset>;
  readonly #closing = new AbortController();
  #failures = 0;
  #told = '';

  constructor(options: TelegramPollingOptions) {
    this.#options = options;
    this.#updates = new BotUpdates(options);
    this.#bot = botId(options.token);
    this.#offsets = new OwnedRows(options.store, 'telegram-offset', Offset);
  }

  async run(): Promise<void> {
    let next: number | undefined;
    while (!this.#closing.signal.aborted) {
      try {
        next ??= (await this.#offsets.read(this.#bot))?.value.next ?? 0;
        next = await this.#step(next);
      } catch (error) {
        await this.#fail(messageOf(error), null);
      }
    }
  }

  stop(): void {
    this.#closing.abort();
    this.#updates.close();
  }

  /** The next offset. */
  async #step(next: number): Promise<number> {
    const outcome = await this.#updates.poll(next);
    if (this.#closing.signal.aborted) return next;
    if (outcome.kind !== 'done') {
      await this.#fail(...explained(outcome));
      return next;
    }
    this.#failures = 0;
    this.#told = '';
    if (outcome.value.length === 0) return next;
    await this.#handleAll(outcome.value);
    const after = Math.max(...outcome.value.map(({ update_id }) => update_id)) + 1;
    await this.#offsets.update([this.#bot], () => ({ bot: this.#bot, next: after }));
    return after;
  }

  async #handleAll(updates: readonly unknown[]): Promise<void> {
    const asked = updates.flatMap((each) => {
      const update = Update.safeParse(each);
      return (update.success ? requestOf(update.data) : null) ?? [];
    });
    const chats = Map.groupBy(asked, ({ chat }) => chat);
    await Promise.all(
      [...chats.values()].map(async (requests) => {
        for (const request of requests) await this.#handle(request);
      }),
    );
  }

  async #handle(request: Request): Promise<void> {
    const { realClock } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        if (await within(realClock, PATIENCE_MS, handleRequest(this.#options, request))) return;
        throw new UpstreamError(`Expected to be done within ${PATIENCE_MS / 1000} s, was not.`);
      } catch (error) {
        if (attempt === MAX_ATTEMPTS || this.#closing.signal.aborted) {
          return this.#tell(`A command of chat ${request.chat} was given up: ${messageOf(error)}`);
        }
        await this.#wait(backoffMs(attempt, BACKOFF, 1));
      }
    }
  }

  async #fail(reason: string, afterMs: number | null): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#failures += 1;
    this.#tell(`Commands cannot be heard: ${reason}`);
    await this.#wait(afterMs ?? backoffMs(this.#failures, BACKOFF, 1));
  }

  async #wait(ms: number): Promise<void> {
    const { realClock } = this.#options;
    await realClock.until(realClock.now() + ms, this.#closing.signal);
  }

  #tell(line: string): void {
    if (line === this.#told) return;
    this.#told = line;
    this.#options.onTrouble?.(line);
  }
}

/** Why, for people, and how long to wait. */
function explained(outcome: Exclude<Outcome<unknown>, { kind: 'done' }>): [string, number | null] {
  const { kind, reason } = outcome;
  if (kind === 'later') return [reason, outcome.afterMs];
  if (kind === 'unknown') return [reason, null];
  if (/webhook/i.test(reason)) {
    return [`${reason}. Run \`cst telegram webhook delete\` to hear them here instead.`, CONFLICT_MS];
  }
  if (reason.includes('getUpdates')) {
    return [`${reason}. Another program polls with this token: stop one of the two.`, CONFLICT_MS];
  }
  return [outcome.isOurs ? `${reason}. Check the bot’s token.` : reason, CONFLICT_MS];
}
