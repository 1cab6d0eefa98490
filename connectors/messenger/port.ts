/** Messenger: texts, pictures and buttons to chats of people. Twins: a file with an echo on the console, Telegram. */

export interface Button {
  readonly text: string;
  /** What comes back when it is pressed; at most 64 bytes. */
  readonly data: string;
}

export interface OutgoingText {
  /** Telegram's number of the chat in decimal; groups and channels are negative. */
  readonly chat: string;
  /** Telegram's HTML: b, i, u, s, code, pre, a; <, > and & of texts escaped. At most 4096 characters without the tags. */
  readonly html: string;
  /** One row below the message. */
  readonly buttons: readonly Button[];
  /** Without a sound. */
  readonly isSilent: boolean;
  /** Number of the message that is answered; where that is gone, the answer comes on its own. */
  readonly replyTo: number | null;
}

export interface OutgoingPhoto extends OutgoingText {
  readonly png: Uint8Array;
  readonly fileName: string;
}

export interface Edit {
  readonly chat: string;
  readonly messageId: number;
  readonly html: string;
  readonly buttons: readonly Button[];
}

export interface Probe {
  readonly chat: string;
  readonly messageId: number;
  readonly buttons: readonly Button[];
}

/**
 * How a call ended. What is thrown instead is a defect.
 * - `done`: it happened, once.
 * - `later`: it did not happen and may succeed later, after `afterMs` where the other side said so.
 * - `refused`: it did not happen and never will in this form. `isOurs`: nothing of ours will, until a person changes the
 *   set-up (a wrong token); it is then worth while to wait.
 * - `unknown`: it may have happened. Trying again may do it twice.
 */
export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'later'; readonly reason: string; readonly afterMs: number | null }
  | { readonly kind: 'refused'; readonly reason: string; readonly isOurs: boolean }
  | { readonly kind: 'unknown'; readonly reason: string };

/** What stands at a number of a chat: the message with these very buttons, something else, or nothing. */
export type Found = 'same' | 'other' | 'nothing';

export interface Messenger {
  /** Number of the message; numbers of a chat rise. */
  send(message: OutgoingText): Promise<Outcome<number>>;
  /** `html` is the caption, at most 1024 characters. */
  sendPhoto(photo: OutgoingPhoto): Promise<Outcome<number>>;
  /** Sets text and buttons. May be repeated: an edit that changes nothing is done. */
  edit(edit: Edit): Promise<Outcome<null>>;
  /**
   * Looks whether the message of ours with these buttons stands at a number: there is no other way to learn what became
   * of a message whose answer was lost. Buttons of messages must differ for it to tell.
   */
  probe(probe: Probe): Promise<Outcome<Found>>;
  /** Ends the waiting mark on a pressed button, with a short notice to who pressed it. */
  answerPress(pressId: string, notice: string): Promise<Outcome<null>>;
  /**
   * Chats whose messages are numbered by one counter have the same name here: a number given to one is not given to
   * the others.
   */
  counterOf(chat: string): string;
  close(): Promise<void>;
}
