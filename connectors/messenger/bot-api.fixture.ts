/** A Bot API server as far as we use it: numbers, edits, limits, and every way to fail that Telegram and the way to it have. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Refusal } from './bot-refusal.fixture.ts';
import { KeptUpdates } from './bot-updates.fixture.ts';
import type { SeenMessage } from './contract.ts';
import type { Button } from './port.ts';

export const TOKEN = '123456789:TEST-token_that_must_never_be_seen01';

/**
 * What happens to one request: `before` it took effect, or `after`, which the caller cannot know. `cut` closes the
 * connection, `hang` never answers, a number is the status of an answer; 429 carries `retryAfter`.
 */
export type Fault =
  | { readonly what: 'cut' | 'hang' | number; readonly when: 'before' | 'after'; readonly isHtml?: boolean }
  | { readonly what: 'retry'; readonly retryAfter: number }
  | { readonly what: 'slow'; readonly when: 'before' | 'after'; readonly until: Promise<void> };

interface Stored extends SeenMessage {
  readonly chat: string;
  readonly isOurs: boolean;
}

export interface Call {
  readonly method: string;
  readonly chat: string;
  readonly messageId: number | null;
  readonly html: string;
}

type Parameters = Readonly<Record<string, unknown>>;

export class BotApi {
  readonly calls: Call[] = [];
  /** Decides what goes wrong with a request. */
  fault: (call: Call) => Fault | null = () => null;
  /** Chats that have thrown the bot out. */
  readonly closedChats = new Set<string>();
  /** What people say to the bot. */
  readonly updates = new KeptUpdates();
  readonly #messages: Stored[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #counters = new Map<string, number>();
  #server: Server | null = null;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<this> {
    const server = createServer((request, response) => void this.#serve(request, response));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
    return this;
  }

  /** Nobody listens until the next `start`, which takes the same port. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  seen(chat: string): readonly SeenMessage[] {
    return this.#messages
      .filter((message) => message.chat === chat && message.isOurs)
      .map(({ chat: _, isOurs: __, ...message }) => message);
  }

  /** Someone else writes. */
  say(chat: string): number {
    return this.#add(chat, false, { html: 'hi', buttons: [], replyTo: null, isSilent: false, png: null });
  }

  #add(chat: string, isOurs: boolean, message: Omit<SeenMessage, 'id'>): number {
    const counter = chat.startsWith('-100') ? chat : 'bot';
    const id = (this.#counters.get(counter) ?? 100) + 1;
    this.#counters.set(counter, id);
    this.#messages.push({ chat, isOurs, id, ...message });
    return id;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parameters = await parametersOf(request);
    const [, token, method = ''] = /^\/bot([^/]+)\/(\w+)$/.exec(request.url ?? '') ?? [];
    const call = {
      method,
      chat: String(parameters.chat_id ?? ''),
      messageId: typeof parameters.message_id === 'number' ? parameters.message_id : null,
      html: String(parameters.text ?? parameters.caption ?? ''),
    };
    this.calls.push(call);
    const fault = this.fault(call);
    if (fault?.what === 'slow' && fault.when === 'before') await fault.until;
    if (fault?.what === 'retry') {
      const parametersOfAnswer = { retry_after: fault.retryAfter };
      const description = `Too Many Requests: retry after ${fault.retryAfter}`;
      return answer(response, 429, { description, parameters: parametersOfAnswer });
    }
    if (fault && fault.what !== 'slow' && fault.when === 'before') return fail(response, fault);
    const result = await this.#result(token === TOKEN, method, parameters);
    if (fault?.what === 'slow') await fault.until;
    else if (fault) return fail(response, fault);
    if (result instanceof Refusal) return answer(response, result.code, { description: result.message });
    answer(response, 200, { result });
  }

  #result(isKnown: boolean, method: string, parameters: Parameters): unknown {
    try {
      if (!isKnown) throw new Refusal(401, 'Unauthorized');
      return this.#perform(method, parameters);
    } catch (error) {
      if (error instanceof Refusal) return error;
      throw error;
    }
  }

  #perform(method: string, parameters: Parameters): unknown {
    if (method === 'answerCallbackQuery') return true;
    const ofUpdates = this.updates.perform(method, parameters);
    if (ofUpdates !== undefined) return ofUpdates;
    const chat = String(parameters.chat_id);
    if (this.closedChats.has(chat)) throw new Refusal(403, 'Forbidden: bot was blocked by the user');
    const html = String(parameters.text ?? parameters.caption ?? '');
    if (plainLength(html) > 4096) throw new Refusal(400, 'Bad Request: message is too long');
    assertTags(html);
    if (method === 'sendMessage' || method === 'sendPhoto') return this.#send(chat, html, parameters);
    if (method.startsWith('editMessage')) return this.#edit(chat, method, html, parameters);
    throw new Refusal(404, 'Not Found: method not found');
  }

  #send(chat: string, html: string, parameters: Parameters): unknown {
    const reply = parameters.reply_parameters as { message_id?: number } | undefined;
    const message_id = this.#add(chat, true, {
      html,
      buttons: buttonsOf(parameters),
      replyTo: reply?.message_id ?? null,
      isSilent: String(parameters.disable_notification) === 'true',
      png: parameters.png instanceof Uint8Array ? parameters.png : null,
    });
    return { message_id, date: 0, chat: { id: Number(chat), type: 'private' } };
  }

  #edit(chat: string, method: string, html: string, parameters: Parameters): unknown {
    const at = this.#messages.findIndex((each) => each.chat === chat && each.id === parameters.message_id);
    const before = this.#messages[at];
    if (before === undefined) throw new Refusal(400, 'Bad Request: message to edit not found');
    if (!before.isOurs) throw new Refusal(400, "Bad Request: message can't be edited");
    const after = {
      ...before,
      buttons: buttonsOf(parameters),
      ...(method === 'editMessageText' ? { html } : {}),
    };
    if (JSON.stringify(after) === JSON.stringify(before)) {
      const text = 'specified new message content and reply markup are exactly the same';
      throw new Refusal(400, `Bad Request: message is not modified: ${text}`);
    }
    this.#messages[at] = after;
    return { message_id: after.id, date: 0, chat: { id: Number(chat), type: 'private' } };
  }
}

function buttonsOf({ reply_markup: markup }: Parameters): Button[] {
  const value = typeof markup === 'string' ? JSON.parse(markup) : markup;
  const rows: { text: string; callback_data: string }[][] = value?.inline_keyboard ?? [];
  for (const { callback_data: data } of rows.flat()) {
    if (Buffer.byteLength(data) > 64) throw new Refusal(400, 'Bad Request: BUTTON_DATA_INVALID');
  }
  return rows.flat().map(({ text, callback_data: data }) => ({ text, data }));
}

function plainLength(html: string): number {
  return html.replace(/<[^>]*>/g, '').replace(/&\w+;/g, '.').length;
}

/** As strict as Telegram: only its tags, closed in turn, and no bare angle brackets. */
function assertTags(html: string): void {
  const open: string[] = [];
  for (const [, slash, name = ''] of html.matchAll(/<(\/?)([^\s>]*)[^>]*>?/g)) {
    if (!/^(b|i|u|s|code|pre|a|blockquote)$/.test(name)) throw unparsable(`Unsupported start tag "${name}"`);
    if (slash === '') open.push(name);
    else if (open.pop() !== name) throw unparsable(`Unexpected end tag "${name}"`);
  }
  if (open.length > 0) throw unparsable(`Can't find end tag of "${open[0]}"`);
}

function unparsable(text: string): Refusal {
  return new Refusal(400, `Bad Request: can't parse entities: ${text}`);
}

function fail(response: ServerResponse, { what, isHtml }: Exclude<Fault, { what: 'retry' | 'slow' }>): void {
  if (what === 'hang') return;
  if (what === 'cut') response.socket?.destroy();
  else if (isHtml) response.writeHead(what, { 'content-type': 'text/html' }).end('<html>Bad Gateway</html>');
  else answer(response, what, { description: 'Internal Server Error' });
}

function answer(response: ServerResponse, status: number, body: object): void {
  const isOk = status === 200;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ ok: isOk, ...(isOk ? {} : { error_code: status }), ...body }));
}

async function parametersOf(request: IncomingMessage): Promise<Parameters> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  const bytes = Buffer.concat(chunks);
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/')) return bytes.length === 0 ? {} : JSON.parse(bytes.toString());
  return multipart(bytes, type.slice(type.indexOf('boundary=') + 'boundary='.length));
}

/** By hand: the platform's reader is stricter than what grammY writes. */
function multipart(bytes: Buffer, boundary: string): Parameters {
  const parameters: Record<string, unknown> = {};
  // One character a byte.
  for (const part of bytes.toString('latin1').split(`--${boundary}`).slice(1, -1)) {
    const [head = '', ...rest] = part.split('\r\n\r\n');
    const body = Buffer.from(rest.join('\r\n\r\n').replace(/\r\n$/, ''), 'latin1');
    const name = /name="?([^";\r]+)/.exec(head)?.[1] ?? '';
    if (head.includes('filename=')) parameters.png = new Uint8Array(body);
    else parameters[name] = name === 'reply_parameters' ? JSON.parse(body.toString()) : body.toString();
  }
  return parameters;
}
