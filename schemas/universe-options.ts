/** Which instruments are followed: every setting with its default, unit and reason. */
import { z } from 'zod';
import { VenueSymbol } from './primitives.ts';

const symbols = (text: string) => z.array(VenueSymbol).default([]).describe(text);

export const UniverseOptions = z
  .strictObject({
    size: z
      .number()
      .int()
      .min(1)
      .max(500)
      .default(25)
      .describe(
        'Instruments followed at once: beyond the first 25 turnover is a tenth of the first’s or less.',
      ),
    margin: z
      .number()
      .int()
      .min(0)
      .max(499)
      .default(5)
      .describe(
        'Ranks by which a newcomer must be inside, and a member outside, before one takes the place of the other: around the last place ranks change by the hour, and each change costs a warm-up.',
      ),
    quote: z.string().min(1).max(16).default('USDT').describe('Currency the contracts are quoted in.'),
    minAgeDays: z
      .number()
      .min(0)
      .max(3_650)
      .default(30)
      .describe('Least age of a listing: the baseline of ATR needs 20 whole days before it. Unit: days.'),
    allow: symbols('Only these may be chosen; none named: every one.'),
    deny: symbols('These are never chosen.'),
    pin: symbols('These are followed whatever their turnover and age, as long as they are listed.'),
    refreshMinutes: z
      .number()
      .positive()
      .max(1_440)
      .default(15)
      .describe('How often the exchange is asked: a delisting is noticed within it. Unit: minutes.'),
  })
  .refine(({ size, margin }) => margin < size, {
    path: ['margin'],
    message: 'expected less than size: otherwise no newcomer ever enters',
  })
  .refine(({ size, pin }) => new Set(pin).size <= size, {
    path: ['pin'],
    message: 'expected no more than size',
  })
  .refine(({ pin, deny }) => !pin.some((symbol) => deny.includes(symbol)), {
    path: ['pin'],
    message: 'expected none that is denied',
  });
export type UniverseOptions = z.output<typeof UniverseOptions>;
