/** Who is told of what, and how loudly. */
import { z } from 'zod';

const Mode = z.enum(['on', 'silent', 'off']);
export type Mode = z.output<typeof Mode>;

const mode = (value: Mode, text: string) => Mode.default(value).describe(text);

export const NotifierSettings = z.strictObject({
  chats: z
    .array(z.string().regex(/^-?\d{1,20}$/, 'expected the number of a chat, e.g. -1001234567890'))
    .min(1)
    .describe('Chats that are told; each gets every alert.'),
  books: z
    .array(z.string())
    .default([])
    .describe('Books of the desk whose decisions are told; none named: all of them.'),
  signal: mode(
    'off',
    'Every scalp signal as it comes, also what the desk then refuses: for use without a desk.',
  ),
  entry: mode('on', 'A scalp that the desk entered.'),
  refusal: mode('off', 'A scalp that the desk did not enter, and why.'),
  exit: mode(
    'silent',
    'The end of a position. The alert is edited, unless off; `on` also answers it, since an edit makes no sound.',
  ),
  swing: mode('on', 'A swing signal of the MACRO engine.'),
  bias: mode('off', 'A bias of the MACRO engine that is engaged.'),
  lateAfterMs: z
    .number()
    .int()
    .positive()
    .default(30_000)
    .describe('An alert that leaves later than this after its event says so. Unit: ms.'),
});
export type NotifierSettings = z.output<typeof NotifierSettings>;
