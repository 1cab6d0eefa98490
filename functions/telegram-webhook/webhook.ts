/** What a command or a press does: reads the state store, sets a pause, asks for a chart, answers. */
import { z } from 'zod';
import type { Clock } from '../../connectors/clock/port.ts';
import type { Messenger, Outcome } from '../../connectors/messenger/port.ts';
import { OwnedRows } from '../../connectors/state/owned.ts';
import type { StateStore } from '../../connectors/state/port.ts';
import { listRecords } from '../../connectors/state/records.ts';
import type { TaskQueue } from '../../connectors/tasks/port.ts';
import { CHART_QUEUE, ChartTask } from '../../schemas/chart-task.ts';
import { UpstreamError } from '../../schemas/errors.ts';
import { shortHash } from '../../schemas/hash.ts';
import { SwingSignal } from '../../schemas/macro.ts';
import { pairOf } from '../../schemas/primitives.ts';
import { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { OWNED_STATE } from '../../schemas/state.ts';
import { Book, PairFacts } from '../trade-desk/state.ts';
import { openSwings } from '../trade-desk/swings.ts';
import * as answers from './answers.ts';
import type { Request } from './update.ts';

export interface WebhookPorts {
  readonly store: StateStore;
  readonly messenger: Messenger;
  readonly tasks: TaskQueue;
  readonly clock: Clock;
  /** Chats that are listened to; others get no answer, not even a refusal. */
  readonly chats: readonly string[];
  /** Numbers of the people who may give commands in them; none named: everybody there. */
  readonly users?: readonly string[];
  /** Told of each message in those chats: where the notifier looks for its own is above them. */
  readonly onMessage?: (chat: string, messageId: number) => void;
}

type Command = Extract<Request, { kind: 'command' }>;
type Press = Extract<Request, { kind: 'press' }>;

const ALL = 'all';
const PAIR = /^[A-Z0-9]{5,20}$/;
/** Keys of signals in the JSON of an alert are never longer. */
const MAX_CODE = 8_192;

/**
 * Does what is asked for; a request that comes again does the same again, which changes nothing but the answer.
 * @throws UpstreamError where it is to come again.
 */
export async function handleRequest(ports: WebhookPorts, request: Request): Promise<void> {
  const { chats, users = [] } = ports;
  if (!chats.includes(request.chat)) return;
  ports.onMessage?.(request.chat, request.messageId);
  if (users.length > 0 && !(request.user !== null && users.includes(request.user))) return;
  if (request.kind === 'press') return press(ports, request);
  const html = await answerTo(ports, request);
  if (html === null) return;
  const { chat, messageId: replyTo } = request;
  heed(await ports.messenger.send({ chat, html: clipped(html), buttons: [], isSilent: true, replyTo }));
}

/** Null: the answer comes otherwise. */
async function answerTo(ports: WebhookPorts, command: Command): Promise<string | null> {
  const { name, words } = command;
  switch (name) {
    case 'status':
      return answers.statusText(await presentOf(ports));
    case 'positions':
      return answers.positionsText(await presentOf(ports));
    case 'profit':
      return answers.profitText(await pastOf(ports));
    case 'daily':
      return answers.dailyText(await pastOf(ports), words[0]);
    case 'performance':
      return answers.performanceText(await pastOf(ports));
    case 'stats':
      return answers.statsText(await pastOf(ports));
    case 'health':
      return answers.healthText(await presentOf(ports));
    case 'pause':
    case 'resume':
      return setPause(ports, command, name === 'pause');
    case 'chart':
      return askForChart(ports, command);
    default:
      return answers.HELP;
  }
}

async function presentOf({ store, clock }: WebhookPorts): Promise<answers.Present> {
  const [books, facts, snapshots, pauses] = await Promise.all([
    new OwnedRows(store, 'desk-book', Book).list(),
    new OwnedRows(store, 'desk-facts', PairFacts).list(),
    listRecords(store, 'snapshot'),
    pauseRows(store).list(),
  ]);
  return {
    now: clock.now(),
    snapshots,
    books: books.map(({ value }) => value),
    swings: openSwings(facts.map(({ value }) => value)),
    pauses: pauses.map(({ value }) => value),
  };
}

async function pastOf({ store, clock }: WebhookPorts): Promise<answers.Past> {
  return { now: clock.now(), events: await listRecords(store, 'position-event') };
}

function pauseRows(store: StateStore) {
  return new OwnedRows(store, 'pause', OWNED_STATE.pause.schema);
}

/** The desk reads the row before each entry, so it holds from the next decision on. A word that is no pair here pauses all. */
async function setPause({ store, clock }: WebhookPorts, command: Command, paused: boolean): Promise<string> {
  const [first = '', ...others] = command.words;
  const isName = PAIR.test(pairOf(first)) && first === first.toUpperCase();
  const isPair = isName && (!paused || (await knownPairs(store)).includes(pairOf(first)));
  const scope = isPair ? pairOf(first) : ALL;
  const reason = (isPair ? others : command.words).join(' ').slice(0, 200);
  const flag = { scope, paused, setAt: clock.now(), setBy: command.by, reason };
  await pauseRows(store).update([scope], () => flag);
  if (paused) return `${answers.pauseLine(flag)}\nWhat is open runs on to its TP or SL.`;
  const all = scope === ALL ? null : (await pauseRows(store).read(ALL))?.value;
  const still = all?.paused ? `\nStill: ${answers.pauseLine(all)}` : '';
  return `▶️ ${scope === ALL ? 'Entries' : `Entries in ${scope}`} resumed.${still}`;
}

async function knownPairs(store: StateStore): Promise<string[]> {
  const snapshots = await listRecords(store, 'snapshot');
  return [...new Set(snapshots.map(({ symbol }) => pairOf(symbol)))];
}

async function askForChart(
  ports: WebhookPorts,
  { words, chat, messageId, id }: Command,
): Promise<string | null> {
  const pair = pairOf(words[0] ?? '');
  const pairs = await knownPairs(ports.store);
  const found = pairs.find((each) => each === pair) ?? pairs.find((each) => each === `${pair}USDT`);
  if (found === undefined)
    return `Expected one of ${pairs.join(', ') || 'no pairs yet'}, e.g. /chart ${pairs[0] ?? 'BTCUSDT'}`;
  const where = { id: `ask-${id}`, chat, replyTo: messageId };
  await addChart(ports, { ...where, pair: found, signalId: null, scalp: null, swing: null, exit: null });
  return null;
}

/** The alert itself holds its signal: nothing else has to be remembered for as long as its button can be pressed. */
async function press(
  ports: WebhookPorts,
  { data, codes, chat, messageId, pressId, id }: Press,
): Promise<void> {
  const [what, ref] = data.split(':');
  const signal =
    what === 'chart' ? codes.map(signalOf).find((each) => each && shortHash(each.id) === ref) : undefined;
  if (signal) {
    const { pair } = (signal.scalp ?? signal.swing)!;
    const events = await listRecords(ports.store, 'position-event', { pair });
    const exit = events.find((event) => event.kind === 'EXIT' && event.signalId === signal.id) ?? null;
    const { id: signalId, scalp, swing } = signal;
    await addChart(ports, {
      id: `press-${id}`,
      chat,
      replyTo: messageId,
      pair,
      signalId,
      scalp,
      swing,
      exit,
    });
  }
  const notice = signal ? 'The chart is on its way.' : 'This alert holds no signal to draw.';
  await ports.messenger.answerPress(pressId, notice);
}

interface Signal {
  readonly id: string;
  readonly scalp: ScalpSignal | null;
  readonly swing: SwingSignal | null;
}

function signalOf(code: string): Signal | null {
  try {
    const json: unknown = JSON.parse(code.slice(0, MAX_CODE));
    const scalp = ScalpSignal.extend({
      entry_conditions_met: ScalpSignal.shape.entry_conditions_met.default({}),
    });
    const [asScalp, asSwing] = [scalp.safeParse(json), SwingSignal.safeParse(json)];
    if (asScalp.success) return { id: asScalp.data.id, scalp: asScalp.data, swing: null };
    return asSwing.success ? { id: asSwing.data.id, scalp: null, swing: asSwing.data } : null;
  } catch {
    return null;
  }
}

async function addChart({ tasks }: WebhookPorts, task: ChartTask): Promise<void> {
  await tasks.add({ queue: CHART_QUEUE, name: task.id, body: JSON.stringify(z.encode(ChartTask, task)) });
}

/** What Telegram did not take is asked for again when it repeats the update. */
function heed(outcome: Outcome<unknown>): void {
  if (outcome.kind === 'later') throw new UpstreamError(outcome.reason);
}

/** Telegram takes 4096 characters; whole lines are left out. */
function clipped(html: string): string {
  const lines = html.split('\n');
  const kept: string[] = [];
  for (let length = 0; kept.length < lines.length; kept.push(lines[kept.length]!)) {
    length += lines[kept.length]!.length + 1;
    if (length > 4_000) return [...kept, `… ${lines.length - kept.length} more`].join('\n');
  }
  return html;
}
