/** A stack in this process, under the eyes of a person: its screen, its log, its status, its dashboard. */
import type { Broker } from '../connectors/broker/port.ts';
import { systemClock } from '../connectors/clock/system.ts';
import { type Log, type Notice, noticesOf } from '../connectors/log-line.ts';
import { messageOf } from '../schemas/errors.ts';
import type { TopicName } from '../schemas/topics.ts';
import { UniverseOptions } from '../schemas/universe-options.ts';
import type { Close } from './close-in-order.ts';
import type { DashboardAddress } from './dashboard-address.ts';
import { duration } from './figures.ts';
import { LiveUniverse } from './live-universe.ts';
import { LocalDashboard } from './local-dashboard.ts';
import { LocalStack, type LocalStackOptions } from './local-stack.ts';
import { LIVE_SYMBOLS, type MarketSource } from './market-source.ts';
import { logFeedEvent, logMessage, oncePerMinute, stackLog } from './observe/log-file.ts';
import { keepStatus, type StatusKeeper } from './observe/status-file.ts';
import { type Screen, screenOf } from './screen.ts';
import { type EyesOptions, openEyes } from './stack-eyes.ts';
import { StackView } from './stack-view.ts';
import { renderStatus } from './status.ts';
import { version } from './version.ts';

export interface StackOptions
  extends Omit<LocalStackOptions, 'notice' | 'onChart' | 'symbols' | 'account'>,
    Omit<EyesOptions, 'notice'> {
  /** Null: the first by turnover. */
  readonly symbols: readonly string[] | null;
  readonly broker: Broker | null;
  /** Messages on stdout instead of lines for people. */
  readonly isJson: boolean;
  readonly dashboard: DashboardAddress | null;
  readonly isLive: boolean;
  /** Market seconds per second. */
  readonly speed: number;
}

/** Until it is asked to stop, or fails. Source and broker are closed in the end. */
export async function runStack(options: StackOptions, stopAsked: Promise<void>): Promise<void> {
  const { source, broker, dir } = options;
  const log = stackLog(dir, systemClock);
  log('INFO', `Started: ${source.title}, process ${process.pid}.`);
  const screen = screenOf(process.stdout, process.stderr);
  const logNotice = noticesOf(oncePerMinute(log, systemClock));
  const tell: Notice = (line, severity) => {
    logNotice(line, severity);
    screen.notice(line);
  };
  const shown: Shown = { view: null, lastSignal: null };
  const read = () => ({ status: shown.view?.status() ?? null, lastSignal: shown.lastSignal });
  const kept = keepStatus(dir, { clock: systemClock, version: version(), read });
  let isStopped = false;
  let universe: LiveUniverse | null = null;
  try {
    if (options.symbols === null) universe = await universeOf(source, tell);
    await runSeen(options, { screen, log, tell, kept, shown, universe, stopAsked });
    isStopped = true;
    log('INFO', 'Stopped.');
  } catch (error) {
    log('ERROR', messageOf(error));
    throw error;
  } finally {
    kept.close(isStopped);
    await universe?.stop();
    await source.close();
    await broker?.close();
  }
}

/** What others are told of, once it is there. */
interface Shown {
  view: StackView | null;
  lastSignal: string | null;
}

interface Eyes {
  readonly screen: Screen;
  readonly log: Log;
  /** To terminal and log; the dashboard's own. */
  readonly tell: Notice;
  readonly kept: StatusKeeper;
  readonly shown: Shown;
  readonly universe: LiveUniverse | null;
  readonly stopAsked: Promise<void>;
}

async function runSeen(options: StackOptions, eyes: Eyes): Promise<void> {
  const { screen, tell, kept, shown, universe, stopAsked } = eyes;
  const symbols = () => universe?.symbols ?? options.symbols ?? LIVE_SYMBOLS;
  const dashboard = dashboardOf(options, symbols, tell);
  const notice: Notice = (line, severity) => {
    tell(line, severity);
    dashboard?.notice(line);
  };
  const onChart = (path: string, title: string) => {
    shown.view?.chart(path, title);
    void dashboard?.chart(path);
  };
  const account = options.broker && { broker: options.broker, symbols, notice };
  const heard = { ...dashboard?.ears(options), notice, onChart };
  const stack = await LocalStack.open({ ...options, ...heard, symbols: symbols(), account });
  let closeEyes: Close | undefined;
  try {
    closeEyes = await openEyes(stack, { ...options, notice });
    universe?.follow((wanted, halted) => stack.follow(wanted, halted));
    shown.view = await viewOf(stack, options, eyes);
    const url = await dashboard?.open(stack, shown.view);
    if (url !== undefined) tell(`Dashboard: ${url}`, 'INFO');
    const isOver = stopAsked.then(() => dashboard?.close());
    await watch(stack, shown.view, screen, { isOver, beforeEnd: () => kept.look() });
  } finally {
    await dashboard?.close();
    await universe?.stop();
    await stack.stop();
    await closeEyes?.();
  }
}

function universeOf({ adapter }: MarketSource, notice: Notice): Promise<LiveUniverse> {
  const rest = adapter.rest({ baseUrl: adapter.restUrl, clock: systemClock });
  const options = UniverseOptions.parse({});
  return LiveUniverse.open({ rest, options, clock: systemClock, fallback: LIVE_SYMBOLS, notice });
}

function dashboardOf(
  options: StackOptions,
  symbols: () => readonly string[],
  notice: Notice,
): LocalDashboard | null {
  const { dashboard: address, source, dir, speed, isLive, recordDir, params } = options;
  if (address === null) return null;
  const recordings = [address.replays, recordDir].flatMap((folder) => folder ?? []);
  const kind = isLive ? 'live' : 'simulated';
  return new LocalDashboard({ address, source, kind, speed, dir, recordings, symbols, params, notice });
}

function viewOf(
  stack: LocalStack,
  { source, isJson }: StackOptions,
  { screen, log, kept, shown }: Eyes,
): Promise<StackView> {
  const beganMs = source.clock.now();
  const onMessage = (topic: TopicName, json: string) => {
    if (topic === 'feed-events') return logFeedEvent(log, json, beganMs);
    shown.lastSignal = logMessage(log, topic, json) ?? shown.lastSignal;
    if (isJson) screen.print(`{"topic":"${topic}","message":${json}}`);
  };
  const print = isJson ? () => {} : screen.alert;
  return StackView.open({ stack, source, clock: systemClock, startedMs: kept.startedMs, print, onMessage });
}

/** Runs the stack under the eyes of a person, until a signal, the time given, or a failure. */
async function watch(
  stack: LocalStack,
  view: StackView,
  screen: Screen,
  { isOver, beforeEnd }: { isOver: Promise<void>; beforeEnd: () => void },
): Promise<void> {
  screen.follow({ notice: (line) => view.notice(line), text: () => renderStatus(view.status()) });
  try {
    await Promise.race([stack.run(), isOver]);
  } finally {
    screen.end('Stopping: publishing what was received …');
    await view.readBooks();
    const status = view.status();
    beforeEnd();
    await view.close();
    await stack.stop();
    screen.end(`${renderStatus({ ...status, notice: null })}\n${firstsText(view)}`);
  }
}

function firstsText({ firstCandleMs, firstSignalMs, firstChartMs }: StackView): string {
  const since = (ms: number | null) => (ms === null ? 'none' : `after ${duration(ms)}`);
  return `first candle ${since(firstCandleMs)} · first signal ${since(firstSignalMs)} · first chart ${since(firstChartMs)}`;
}
