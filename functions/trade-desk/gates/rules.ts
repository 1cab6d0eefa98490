/** May anything be traded now, and this pair? The gates of the book's own rules. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../schemas/primitives.ts';
import { durationText } from '../../texts.ts';
import { pauseOf } from '../input.ts';
import { type Gate, iso, PASS, percent, type Refusal, refuse } from './verdict.ts';

type RuleRefusal = Exclude<
  Refusal,
  `FEED_${string}` | 'PRICE_DIVERGED' | 'EXPIRED' | 'CORRELATED' | 'EXPOSURE' | 'FUNDING_WINDOW' | 'LIQUIDITY'
>;

const HALTED: Gate = ({ book, context }) => {
  if (book.killed.on) return refuse(`The kill switch was thrown at ${iso(book.killed.at)}.`);
  if (!book.day.halted) return PASS;
  const limit = context.params.rules.dailyLossHalt;
  return refuse(
    `The day lost ${-book.day.realised} of ${book.day.equity}, at least ${percent(limit)}; the book rests until midnight UTC.`,
    { realised: book.day.realised, dayEquity: book.day.equity, dailyLossHalt: limit },
  );
};

const PAUSED: Gate = ({ signal, book, context }) => {
  if (book.paused.on) return refuse(`The desk has been paused since ${iso(book.paused.at)}.`);
  const flag = pauseOf(signal.pair, context);
  if (!flag) return PASS;
  return refuse(`Paused for ${flag.scope} by ${flag.setBy} since ${iso(flag.setAt)}: ${flag.reason}.`);
};

const BLACKOUT: Gate = ({ context: { at, params } }) => {
  const [date, time] = [iso(at).slice(0, 10), at % DAY_MS];
  const weekday = new Date(at).getUTCDay();
  const window = params.blackouts.find(
    (b) =>
      (b.date ?? date) === date &&
      (b.weekday ?? weekday) === weekday &&
      msOf(b.from) <= time &&
      time < msOf(b.to),
  );
  return window ? refuse(`Blackout ${window.from}–${window.to} UTC: ${window.reason}.`) : PASS;
};

function msOf(hhmm: string): number {
  const [hours = 0, minutes = 0] = hhmm.split(':').map(Number);
  return hours * HOUR_MS + minutes * MINUTE_MS;
}

/** The bias was engaged at its threshold and lifts by hysteresis: here it holds or it does not. */
const MACRO_BIAS: Gate = ({ signal, facts, context }) => {
  const bias = facts?.bias;
  if (!bias || bias.bias === null || bias.bias === signal.side || context.at >= bias.expires_at) return PASS;
  const { long, short } = bias.confidence;
  return refuse(`The bias is ${bias.bias} (long ${long}, short ${short}) until ${iso(bias.expires_at)}.`, {
    long,
    short,
  });
};

const SWING_OPEN: Gate = ({ facts, context }) => {
  const { onSwing, swingMaxHours } = context.params.rules;
  const swing = facts?.swing;
  if (!swing || swing.closedAt !== null) return PASS;
  const { side, entry, timestamp } = swing.signal;
  if (context.at >= timestamp + swingMaxHours * HOUR_MS) return PASS;
  const what = `A SWING ${side} from ${entry} has been open since ${iso(timestamp)}`;
  return onSwing === 'halve'
    ? { change: { isHalved: true }, note: `Halved: ${what}.` }
    : refuse(`${what}.`, { swingEntry: entry });
};

const PAIR_OPEN: Gate = ({ signal, book }) => {
  const open = book.positions.find(({ pair }) => pair === signal.pair);
  if (!open) return PASS;
  return refuse(`A ${open.side} from ${open.entry} is ${open.status} in ${open.pair}.`, {
    entry: open.entry,
  });
};

const COOLDOWN: Gate = ({ signal, book, context }) => {
  const exit = book.exits[signal.pair];
  const { cooldownMs } = context.params.rules;
  const sinceMs = exit === undefined ? Number.POSITIVE_INFINITY : context.at - exit;
  if (sinceMs >= cooldownMs) return PASS;
  return refuse(`The last exit was ${durationText(sinceMs)} ago, less than ${durationText(cooldownMs)}.`, {
    sinceMs,
    cooldownMs,
  });
};

const MAX_CONCURRENT: Gate = ({ book, context }) => {
  const [open, maxConcurrent] = [book.positions.length, context.params.rules.maxConcurrent];
  return open < maxConcurrent
    ? PASS
    : refuse(`${open} scalps are open, of at most ${maxConcurrent}.`, { open, maxConcurrent });
};

const DAILY_CAP: Gate = ({ book, context }) => {
  const [entries, dailyCap] = [book.day.entries, context.params.rules.dailyCap];
  return entries < dailyCap
    ? PASS
    : refuse(`${entries} scalps were entered this UTC day, of at most ${dailyCap}.`, { entries, dailyCap });
};

export const RULE_GATES: Record<RuleRefusal, Gate> = {
  HALTED,
  PAUSED,
  BLACKOUT,
  MACRO_BIAS,
  SWING_OPEN,
  PAIR_OPEN,
  COOLDOWN,
  MAX_CONCURRENT,
  DAILY_CAP,
};
