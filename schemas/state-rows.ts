/** What people set in the state store: parameters in force, and pauses. */
import { z } from 'zod';
import { EventTime } from './primitives.ts';

export const Parameters = z.object({
  scope: z.string().min(1).describe('What they are for, e.g. desk:default or signals.'),
  values: z.record(z.string(), z.unknown()).describe('Those that differ from their defaults.'),
  setAt: EventTime.describe('When they were set.'),
  setBy: z.string().describe('Who set them, for people.'),
});
export type Parameters = z.output<typeof Parameters>;

export const PauseFlag = z.object({
  scope: z.string().min(1).describe('A pair, or "all".'),
  paused: z.boolean().describe('No entries while it is true.'),
  setAt: EventTime.describe('When it was set.'),
  setBy: z.string().describe('Who set it, for people.'),
  reason: z.string().describe('Why, for people.'),
});
export type PauseFlag = z.output<typeof PauseFlag>;
