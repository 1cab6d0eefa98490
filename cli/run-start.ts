/** What `cst start` does: the whole stack in this process, until Ctrl-C. */
import { join } from 'node:path';
import type { Broker } from '../connectors/broker/port.ts';
import { systemClock } from '../connectors/clock/system.ts';
import { SIMULATED_SYMBOLS } from '../connectors/exchanges/simulated/instruments.ts';
import { openOtlp } from '../connectors/telemetry/service.ts';
import { messageOf } from '../schemas/errors.ts';
import type { TopicName } from '../schemas/topics.ts';
import { UniverseOptions } from '../schemas/universe-options.ts';
import type { Close } from './close-in-order.ts';
import { settingsFor } from './config/files.ts';
import { type DashboardAddress, dashboardAddressOf } from './dashboard-address.ts';
import { deadManUrlOf } from './dead-man.ts';
import { duration } from './figures.ts';
import { makeFolder } from './file-flags.ts';
import { statusAddressOf } from './flags.ts';
import { keepHeapSmall } from './lean-heap.ts';
import { LiveUniverse } from './live-universe.ts';
import { localAccount } from './local-account.ts';
import { LocalDashboard } from './local-dashboard.ts';
import { telegramAccess } from './local-messenger.ts';
import { LocalStack, type LocalStackOptions, removeStack } from './local-stack.ts';
import { bybitSource, LIVE_SYMBOLS, type MarketSource, simulatedSource } from './market-source.ts';
import { logMessage, stackLog } from './observe/log-file.ts';
import { keepStatus } from './observe/status-file.ts';
import { type Screen, screenOf } from './screen.ts';
import { type EyesOptions, openEyes } from './stack-eyes.ts';
import { expectNoRecording } from './stack-recording.ts';
import { StackView } from './stack-view.ts';
import type { StartFlags } from './start-flags.ts';
import { renderStatus } from './status.ts';
import { untilStopRequest } from './stop-request.ts';
import { version } from './version.ts';

export async function runStart(flags: StartFlags): Promise<void> {
  keepHeapSmall();
  const { speed, seed, layers, params: paramsFile, desk: stack } = flags;
  const symbols = flags.symbols ?? (flags.live ? null : SIMULATED_SYMBOLS);
  const stopAfterMs = flags.for === undefined ? undefined : flags.for * 1_000;
  const { values: config } = settingsFor({ layers, params: paramsFile, stack });
  const params = config.signals;
  const telegram = telegramAccess(process.env, config.telegram);
  const dashboard = dashboardAddressOf(flags, process.env);
  const health = flags.healthPort === undefined ? null : statusAddressOf(flags.healthPort);
  const deadManUrl = deadManUrlOf(process.env);
  const isJson = flags.json === true;
  const isLive = flags.live === true;
  const notice = (line: string) => void process.stderr.write(`${line}\n`);
  const traces = { environment: process.env, service: 'cst', clock: systemClock, onTrouble: notice };
  const telemetry = (await openOtlp(traces)) ?? undefined;
  const broker = await localAccount({ config, isLive, environment: process.env, notice });
  const recordDir = flags.record;
  const dir = join(flags.dir, flags.live ? 'live' : 'simulated');
  await makeFolder(dir);
  await untilStopRequest(async (stopAsked) => {
    if (!flags.live && recordDir !== undefined) await expectNoRecording(recordDir, 'bybit');
    if (!flags.live) await removeStack(dir);
    const source = flags.live
      ? bybitSource()
      : await simulatedSource({ seed, speed, symbols: symbols ?? SIMULATED_SYMBOLS });
    // A simulation begins afresh, so that nobody needs what the disk has not yet got.
    const survives = flags.live ? 'machine' : 'process';
    await runStack(
      {
        ...{
          source,
          symbols,
          params,
          config,
          telegram,
          broker,
          dir,
          recordDir,
          survives,
          seed,
          isJson,
          health,
          deadManUrl,
        },
        ...{ dashboard, isLive, speed: isLive ? 1 : speed, telemetry },
      },
      stopAsked,
    ).finally(() => telemetry?.close());
  }, stopAfterMs);
}

interface StackOptions
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

async function runStack(options: StackOptions, stopAsked: Promise<void>): Promise<void> {
  const { source, broker, dir } = options;
  const log = stackLog(dir, systemClock);
  log('INFO', `Started: ${source.title}, process ${process.pid}.`);
  let universe: LiveUniverse | undefined;
  try {
    const screen = screenOf(process.stdout, process.stderr);
    const tell = (line: string) => {
      screen.notice(line);
      log('INFO', line);
    };
    if (options.symbols === null) universe = await universeOf(source, tell);
    const symbols = options.symbols ?? universe?.symbols ?? LIVE_SYMBOLS;
    const dashboard = dashboardOf(options, () => universe?.symbols ?? symbols, tell);
    const notice = (line: string) => {
      tell(line);
      dashboard?.notice(line);
    };
    let view: StackView | undefined;
    const onChart = (path: string, title: string) => {
      view?.chart(path, title);
      void dashboard?.chart(path);
    };
    const account = broker && { broker, symbols: () => universe?.symbols ?? symbols, notice };
    const heard = { ...dashboard?.ears(options), notice, onChart };
    const stack = await LocalStack.open({ ...options, ...heard, symbols, account });
    let closeEyes: Close | undefined;
    try {
      closeEyes = await openEyes(stack, { ...options, notice });
      universe?.follow((wanted, halted) => stack.follow(wanted, halted));
      let lastSignal: string | null = null;
      view = await viewOf(stack, options, screen, (topic, json) => {
        lastSignal = logMessage(log, topic, json) ?? lastSignal;
      });
      const url = await dashboard?.open(stack, view);
      if (url !== undefined) tell(`Dashboard: ${url}`);
      const isOver = stopAsked.then(() => dashboard?.close());
      const seen = view;
      const kept = keepStatus(dir, {
        ...{ clock: systemClock, version: version() },
        read: () => ({ status: seen.status(), lastSignal }),
      });
      await watch(stack, view, screen, { isOver, beforeEnd: () => kept.close() });
    } finally {
      await dashboard?.close();
      await universe?.stop();
      await stack.stop();
      await closeEyes?.();
    }
    log('INFO', 'Stopped.');
  } catch (error) {
    log('ERROR', messageOf(error));
    throw error;
  } finally {
    await universe?.stop();
    await source.close();
    await broker?.close();
  }
}

function universeOf({ adapter }: MarketSource, notice: (line: string) => void): Promise<LiveUniverse> {
  const rest = adapter.rest({ baseUrl: adapter.restUrl, clock: systemClock });
  const options = UniverseOptions.parse({});
  return LiveUniverse.open({ rest, options, clock: systemClock, fallback: LIVE_SYMBOLS, notice });
}

function dashboardOf(
  options: StackOptions,
  symbols: () => readonly string[],
  notice: (line: string) => void,
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
  screen: Screen,
  hear: (topic: TopicName, json: string) => void,
): Promise<StackView> {
  const onMessage = (topic: TopicName, json: string) => {
    hear(topic, json);
    if (isJson) screen.print(`{"topic":"${topic}","message":${json}}`);
  };
  const print = isJson ? () => {} : screen.alert;
  return StackView.open({ stack, source, clock: systemClock, print, onMessage });
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
    screen.close();
    process.stderr.write('Stopping: publishing what was received …\n');
    await view.readBooks();
    const status = view.status();
    beforeEnd();
    await view.close();
    await stack.stop();
    const since = (ms: number | null) => (ms === null ? 'none' : `after ${duration(ms)}`);
    const firsts = [
      `first candle ${since(view.firstCandleMs)}`,
      `first signal ${since(view.firstSignalMs)}`,
      `first chart ${since(view.firstChartMs)}`,
    ];
    process.stderr.write(`${renderStatus({ ...status, notice: null })}\n${firsts.join(' · ')}\n`);
  }
}
