/** A chart to be drawn and sent as the answer to one message: all that it shows of a signal is frozen in it. */
import { z } from 'zod';
import { SwingSignal } from './macro.ts';
import { PositionEvent } from './position-event.ts';
import { Pair } from './primitives.ts';
import { ScalpSignal } from './scalp-signal.ts';

export const CHART_QUEUE = 'charts';

export const ChartTask = z.object({
  id: z.string().describe('Name of the task; written into the picture.'),
  chat: z.string().describe('Chat that gets the chart.'),
  replyTo: z.number().int().positive().nullable().describe('Message that it answers.'),
  pair: Pair,
  signalId: z.string().nullable().describe('Null for a chart of the market as it is.'),
  scalp: ScalpSignal.nullable().describe('The signal as it was told.'),
  swing: SwingSignal.nullable().describe('The same, of a swing.'),
  exit: PositionEvent.nullable().describe('End of its position, where it is known.'),
});
export type ChartTask = z.output<typeof ChartTask>;
