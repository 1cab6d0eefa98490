/** What is known of one idea: a signal and what became of it. One thread is one message in each chat. */
import { z } from 'zod';
import { MacroBias, SwingSignal } from '../../schemas/macro.ts';
import { PositionEvent } from '../../schemas/position-event.ts';
import { ScalpSignal } from '../../schemas/scalp-signal.ts';
import type { Mode, NotifierSettings } from './settings.ts';

/** An event of one of the topics that are listened to. */
export type Told =
  | { readonly kind: 'scalp'; readonly event: ScalpSignal }
  | { readonly kind: 'swing'; readonly event: SwingSignal }
  | { readonly kind: 'bias'; readonly event: MacroBias }
  | { readonly kind: 'position'; readonly event: PositionEvent };

const Story = z.object({
  entry: PositionEvent.optional(),
  refusal: PositionEvent.optional(),
  exit: PositionEvent.optional(),
});

/** In wire form where it is stored. */
export const Thread = z.object({
  /** Signal id. */
  key: z.string(),
  pair: z.string(),
  scalp: ScalpSignal.optional(),
  swing: SwingSignal.optional(),
  bias: MacroBias.optional(),
  /** By book. */
  stories: z.record(z.string(), Story),
});
export type Thread = z.output<typeof Thread>;

export const DEFAULT_BOOK = 'default';

/** Identity of an event: a second copy is not told. */
export function eventKey({ kind, event }: Told): string {
  return `${kind}:${event.id}`;
}

/** A bias is no signal: its id is not one. */
export function threadKeyOf(told: Told): string {
  if (told.kind === 'position') return told.event.signalId;
  return told.kind === 'bias' ? eventKey(told) : told.event.id;
}

/** Time of what it tells of. Unit: ms. */
export function timeOf(told: Told): number {
  return told.kind === 'position' ? told.event.ts : told.event.timestamp;
}

/** In whatever order events come, the same thread is made of them. */
export function withEvent(before: Thread | undefined, told: Told): Thread {
  const thread = before ?? { key: threadKeyOf(told), pair: told.event.pair, stories: {} };
  if (told.kind !== 'position') return { ...thread, [told.kind]: told.event };
  const { event } = told;
  const book = event.book ?? DEFAULT_BOOK;
  const part = { ENTRY: 'entry', EXIT: 'exit', DECISION: 'refusal' } as const;
  if (event.kind === 'DECISION' && event.refusal === null) return thread;
  const story = { ...thread.stories[book], [part[event.kind]]: event };
  return { ...thread, stories: { ...thread.stories, [book]: story } };
}

/** How loudly an event is told: with a message of its thread, where it has none yet. */
export function modeOf(told: Told, settings: NotifierSettings): Mode {
  if (told.kind === 'scalp') return settings.signal;
  if (told.kind === 'swing') return settings.swing;
  if (told.kind === 'bias') return told.event.bias === null ? 'off' : settings.bias;
  const { event } = told;
  // The end of a swing is of no book.
  const isOfOther = event.book !== undefined && !settings.books.includes(event.book);
  if (settings.books.length > 0 && isOfOther) return 'off';
  if (event.kind === 'ENTRY') return settings.entry;
  if (event.kind === 'EXIT') return settings.exit;
  return event.refusal === null ? 'off' : settings.refusal;
}

export type Consequence = {
  /** Of a thread without a message: one is sent. */
  readonly opens: Mode;
  /** Of one that has a message: it is edited. */
  readonly edits: boolean;
  /** Of one that has a message: it is answered, with a sound. */
  readonly answers: boolean;
};

/** An exit never opens a thread: who was not told of the entry does not hear of the exit. */
export function consequenceOf(told: Told, settings: NotifierSettings): Consequence {
  const mode = modeOf(told, settings);
  const isExit = told.kind === 'position' && told.event.kind === 'EXIT';
  return {
    opens: isExit ? 'off' : mode,
    edits: mode !== 'off' || told.kind === 'scalp',
    answers: isExit && mode === 'on',
  };
}
