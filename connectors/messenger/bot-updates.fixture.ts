/** Updates as a Bot API server keeps them: until they are confirmed by a higher offset, for a webhook or for one poller. */
import { Refusal } from './bot-refusal.fixture.ts';

export interface FakeUpdate {
  readonly update_id: number;
  readonly [field: string]: unknown;
}

const CONFLICT = 'Conflict: ';

export class KeptUpdates {
  webhook: { url: string; secret: string; allowed: readonly string[] } | null = null;
  /** As getWebhookInfo tells it; date in s. */
  lastError: { readonly message: string; readonly date: number } | null = null;
  readonly #pending: FakeUpdate[] = [];
  #poller: { readonly offset: number; end(answer: readonly FakeUpdate[] | Refusal): void } | null = null;
  #next = 1;

  /** Number of the update. */
  add(content: object): number {
    const update = { update_id: this.#next++, ...content };
    this.#pending.push(update);
    if (this.#poller !== null) this.#poller.end(this.#from(this.#poller.offset));
    return update.update_id;
  }

  get pending(): number {
    return this.#pending.length;
  }

  /** Undefined where the method is of no concern here. A promise waits for an update, without an end. */
  perform(method: string, parameters: Readonly<Record<string, unknown>>): unknown {
    switch (method) {
      case 'setWebhook':
        return this.#set(parameters);
      case 'deleteWebhook':
        this.webhook = null;
        return true;
      case 'getWebhookInfo':
        return this.#info();
      case 'getUpdates':
        return this.#poll(Number(parameters.offset ?? 0), Number(parameters.timeout ?? 0));
      default:
        return undefined;
    }
  }

  #set({ url, secret_token: secret, allowed_updates: allowed }: Readonly<Record<string, unknown>>): true {
    if (!String(url).startsWith('https://')) {
      throw new Refusal(400, 'Bad Request: bad webhook: An HTTPS URL must be provided for webhook');
    }
    if (!/^[\w-]{1,256}$/.test(String(secret))) {
      throw new Refusal(400, 'Bad Request: secret token contains unallowed characters');
    }
    this.webhook = { url: String(url), secret: String(secret), allowed: allowed as readonly string[] };
    this.#poller?.end(new Refusal(409, `${CONFLICT}terminated by setWebhook request`));
    return true;
  }

  #info(): object {
    const { lastError } = this;
    const error = lastError ? { last_error_message: lastError.message, last_error_date: lastError.date } : {};
    return { url: this.webhook?.url ?? '', pending_update_count: this.#pending.length, ...error };
  }

  #poll(offset: number, timeoutS: number): unknown {
    if (this.webhook) {
      throw new Refusal(409, `${CONFLICT}can't use getUpdates method while webhook is active`);
    }
    this.#poller?.end(new Refusal(409, `${CONFLICT}terminated by other getUpdates request`));
    while (this.#pending[0] && this.#pending[0].update_id < offset) this.#pending.shift();
    const found = this.#from(offset);
    if (found.length > 0 || timeoutS === 0) return found;
    return new Promise((resolve) => {
      const end = (answer: readonly FakeUpdate[] | Refusal) => {
        this.#poller = null;
        resolve(answer);
      };
      this.#poller = { offset, end };
    });
  }

  #from(offset: number): readonly FakeUpdate[] {
    return this.#pending.filter(({ update_id }) => update_id >= offset).slice(0, 100);
  }
}
