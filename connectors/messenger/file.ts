/** Messenger without a network: every message is a line of a file and is shown to whoever watches; pictures are PNG files. */
import {
  appendFileSync,
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError, messageOf, UpstreamError } from '../../schemas/errors.ts';
import { plainText } from './html.ts';
import type { Button, Edit, Found, Messenger, Outcome, OutgoingPhoto, OutgoingText, Probe } from './port.ts';

export interface FileMessengerOptions {
  /** Folder of `messages.ndjson` and the pictures; made where missing. */
  readonly dir: string;
  /** Given each message as plain text, e.g. for the console, and where it is a picture its file. */
  readonly echo?: ((text: string, picture: string | null) => void) | undefined;
}

const FILE = 'messages.ndjson';
/** Messages that can still be edited. Older ones stay in the file. */
const KEPT = 10_000;

const Line = z.object({
  kind: z.enum(['text', 'photo', 'edit']),
  id: z.number().int().positive(),
  chat: z.string(),
  html: z.string(),
  buttons: z.array(z.object({ text: z.string(), data: z.string() })),
  replyTo: z.number().int().nullable(),
  isSilent: z.boolean(),
  file: z.string().nullable(),
});
type Line = z.output<typeof Line>;
type Kept = Pick<Line, 'chat' | 'html' | 'buttons'>;

/** @throws ConfigError, UpstreamError where the folder cannot be used. */
export function fileMessenger(options: FileMessengerOptions): Messenger {
  return new FileMessenger(options);
}

class FileMessenger implements Messenger {
  readonly #dir: string;
  readonly #echo: (text: string, picture: string | null) => void;
  readonly #file: number;
  readonly #kept = new Map<number, Kept>();
  #last = 0;
  #isOpen = true;

  constructor({ dir, echo = () => {} }: FileMessengerOptions) {
    this.#dir = dir;
    this.#echo = echo;
    try {
      mkdirSync(dir, { recursive: true });
      this.#file = openSync(join(dir, FILE), 'a+');
    } catch (cause) {
      throw new ConfigError(`Expected to write messages into ${dir}, got: ${messageOf(cause)}.`, { cause });
    }
    this.#recall();
  }

  async send(message: OutgoingText): Promise<Outcome<number>> {
    return this.#append('text', message, null);
  }

  async sendPhoto(photo: OutgoingPhoto): Promise<Outcome<number>> {
    const file = photo.fileName.replace(/[^\w.-]/g, '_');
    writeFileSync(join(this.#dir, file), photo.png);
    return this.#append('photo', photo, file);
  }

  async edit({ chat, messageId, html, buttons }: Edit): Promise<Outcome<null>> {
    const kept = this.#kept.get(messageId);
    if (kept?.chat !== chat) return refused('message to edit not found');
    if (kept.html !== html || !areSame(kept.buttons, buttons)) {
      const edited = { id: messageId, chat, html, buttons: [...buttons] };
      this.#write({ kind: 'edit', ...edited, replyTo: null, isSilent: true, file: null });
      this.#echo(`✎ ${plainText(html)}`, null);
    }
    return { kind: 'done', value: null };
  }

  async probe({ chat, messageId, buttons }: Probe): Promise<Outcome<Found>> {
    const kept = this.#kept.get(messageId);
    if (kept?.chat !== chat) return { kind: 'done', value: 'nothing' };
    return { kind: 'done', value: areSame(kept.buttons, buttons) ? 'same' : 'other' };
  }

  async answerPress(): Promise<Outcome<null>> {
    return refused('nobody can press a button in a file');
  }

  counterOf(): string {
    return 'file';
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#file);
  }

  #append(kind: 'text' | 'photo', message: OutgoingText, file: string | null): Outcome<number> {
    const { chat, html, buttons, replyTo, isSilent } = message;
    const id = this.#last + 1;
    this.#write({ kind, id, chat, html, buttons: [...buttons], replyTo, isSilent, file });
    const picture = file === null ? null : join(this.#dir, file);
    this.#echo(`${plainText(html)} ${picture ?? ''}`.trim(), picture);
    return { kind: 'done', value: id };
  }

  /** Durable when it returns. @throws UpstreamError on a full disk */
  #write(line: Line): void {
    try {
      this.#writeWhole(`${JSON.stringify(line)}\n`);
      fsyncSync(this.#file);
    } catch (cause) {
      throw new UpstreamError(`Expected to write a message into ${this.#dir}, got: ${messageOf(cause)}.`, {
        cause,
      });
    }
    this.#keep(line);
  }

  #writeWhole(text: string): void {
    const start = fstatSync(this.#file).size;
    try {
      appendFileSync(this.#file, text);
    } catch (error) {
      // Half a line would swallow the next one.
      ftruncateSync(this.#file, start);
      throw error;
    }
  }

  #keep({ id, chat, html, buttons }: Line): void {
    this.#last = Math.max(this.#last, id);
    this.#kept.set(id, { chat, html, buttons });
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value!);
  }

  #recall(): void {
    const text = readFileSync(join(this.#dir, FILE), 'utf8');
    for (const line of text.split('\n')) {
      const read = Line.safeParse(jsonOf(line));
      if (read.success) this.#keep(read.data);
    }
    // A line that a crash cut off must not swallow the next one.
    if (text !== '' && !text.endsWith('\n')) writeSync(this.#file, '\n');
  }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function areSame(a: readonly Button[], b: readonly Button[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function refused(reason: string): Outcome<never> {
  return { kind: 'refused', reason, isOurs: false };
}
