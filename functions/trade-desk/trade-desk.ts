/** The trade desk: a pure state machine from what happens in the market to decisions, entries and exits. */
import type { DeskConfig, DeskParams } from '../../schemas/desk-params.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';
import { takeFills, takeOrder, takePlacing } from './account.ts';
import { withBar } from './correlation.ts';
import { decideSignal } from './decide-signal.ts';
import { observe } from './facts.ts';
import { barOf, type Context, type DeskInput, pairOfInput, type Step } from './input.ts';
import { control, onBar, onSnapshot, onTimer } from './positions.ts';
import { reconcile } from './reconcile.ts';
import { type Book, type Closes, type DeskState, newBook } from './state.ts';

/**
 * One input taken by every book. The same state comes back where the input changes nothing, as one that was taken
 * before does. `events` are also in the outbox of their book until a `published` input names them, ends of SWING
 * positions in that of their pair until a `swing_published` does.
 */
export function desk(
  state: DeskState,
  input: DeskInput,
  config: DeskConfig,
): { readonly state: DeskState; readonly events: readonly PositionEvent[] } {
  const { pairs, closes } = observed(state, input, config);
  const { pauses } = state;
  const events: PositionEvent[] = news(state, pairs, input);
  let books = state.books;
  for (const params of config.books) {
    const step = decide(books[params.book], input, { at: input.at, params, pairs, closes, pauses }, config);
    if (step.book !== books[params.book]) books = { ...books, [params.book]: step.book };
    events.push(...step.events);
  }
  const isSame = pairs === state.pairs && closes === state.closes && books === state.books;
  return { state: isSame ? state : { books, pairs, closes, pauses }, events };
}

/** Facts of the input's pair with the input's own added: each a row that newest wins. */
function observed(
  state: DeskState,
  input: DeskInput,
  config: DeskConfig,
): Pick<DeskState, 'pairs' | 'closes'> {
  const pair = pairOfInput(input);
  if (pair === null) return state;
  const facts = observe(state.pairs[pair], pair, input, config);
  const closes = closesWith(state.closes[pair], input, config);
  const isKnown = closes === undefined || closes === state.closes[pair];
  return {
    pairs: facts === state.pairs[pair] ? state.pairs : { ...state.pairs, [pair]: facts },
    closes: isKnown ? state.closes : { ...state.closes, [pair]: closes },
  };
}

/** Of the facts: an input adds to the end of its pair's outbox. */
function news(before: DeskState, pairs: DeskState['pairs'], input: DeskInput): PositionEvent[] {
  const pair = pairOfInput(input) ?? '';
  return pairs[pair]?.outbox.slice(before.pairs[pair]?.outbox.length ?? 0) ?? [];
}

/** The same object where the input tells nothing new. */
export function closesWith(
  known: Closes | undefined,
  input: DeskInput,
  config: DeskConfig,
): Closes | undefined {
  const bar = barOf(input);
  return bar?.venue === config.venue ? withBar(known, bar, longestSpan(config)) : known;
}

function longestSpan({ books }: DeskConfig): DeskParams['risk'] {
  return books
    .map(({ risk }) => risk)
    .reduce((a, b) => (a.correlationMinutes >= b.correlationMinutes ? a : b));
}

/** One book's decision: it reads facts, and changes nothing but this book. Compare-and-set this row, and it is made once. */
export function decide(
  known: Book | undefined,
  input: DeskInput,
  context: Context,
  config: DeskConfig,
): Step {
  const book = known ?? newBook(context.params.book, context.params.risk.startEquity);
  const step = taken(book, input, context, config);
  if (step.events.length === 0) return step.book === book ? { book: known ?? book, events: [] } : step;
  return { book: { ...step.book, outbox: [...step.book.outbox, ...step.events] }, events: step.events };
}

function taken(book: Book, input: DeskInput, context: Context, config: DeskConfig): Step {
  switch (input.kind) {
    case 'signal':
      return decideSignal(book, input.signal, context);
    case 'snapshot':
      return input.snapshot.venue === config.venue ? onSnapshot(book, input.snapshot, context) : same(book);
    case 'features':
    case 'candle': {
      const bar = barOf(input);
      return bar?.venue === config.venue ? onBar(book, bar, context) : same(book);
    }
    case 'control':
      return control(book, input.action, context);
    case 'timer':
      return onTimer(book, context);
    case 'reconcile':
      return input.book === book.book ? reconcile(book, input.held, context) : same(book);
    case 'placing':
    case 'order':
    case 'fills':
      return input.book === book.book ? reported(book, input, context) : same(book);
    case 'published': {
      const isLeft = (event: PositionEvent) => input.book !== book.book || !input.ids.includes(event.id);
      const outbox = book.outbox.filter(isLeft);
      return same(outbox.length === book.outbox.length ? book : { ...book, outbox });
    }
    default:
      return same(book);
  }
}

function reported(
  book: Book,
  input: Extract<DeskInput, { kind: 'placing' | 'order' | 'fills' }>,
  context: Context,
): Step {
  if (input.kind === 'fills') return takeFills(book, input.fills, context);
  if (input.kind === 'order') return takeOrder(book, input.clientId, input.state, context);
  return takePlacing(book, input.clientId, input.outcome, context);
}

function same(book: Book): Step {
  return { book, events: [] };
}
