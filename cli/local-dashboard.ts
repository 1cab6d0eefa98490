/** The dashboard of a stack on this machine. What fails here is told, and the stack goes on. */
import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../connectors/clock/system.ts';
import { openSqliteStore } from '../connectors/state/sqlite.ts';
import type { Telemetry } from '../connectors/telemetry/port.ts';
import { type Dashboard, openDashboard } from '../dashboard/dashboard.ts';
import type { MarketPorts } from '../dashboard/market/ports.ts';
import type { FoundRecording } from '../dashboard/replay/recordings.ts';
import { Traces } from '../dashboard/view/traces.ts';
import { chartOf } from '../functions/chart-renderer/content/chart-of.ts';
import { gather } from '../functions/chart-renderer/gather.ts';
import { textsOf } from '../functions/chart-renderer/picture/png-texts.ts';
import { renderPng } from '../functions/chart-renderer/picture/render.ts';
import type { CandleSource } from '../functions/macro-engine/gather.ts';
import { nodeCommand } from '../pipelines/worker/process/worker-process.ts';
import { messageOf, UpstreamError } from '../schemas/errors.ts';
import type { SignalParams } from '../schemas/params.ts';
import { pairOf } from '../schemas/primitives.ts';
import { type Close, closeInOrder } from './close-in-order.ts';
import type { DashboardAddress } from './dashboard-address.ts';
import type { LocalStack, LocalStackOptions } from './local-stack.ts';
import type { MarketSource } from './market-source.ts';
import { FUNCTION_FILES } from './stack-folders.ts';
import { WARM_SUFFIX } from './stack-recording.ts';
import type { StackStatus } from './status.ts';
import type { OnPublished } from './tapped-bus.ts';
import { version } from './version.ts';

export interface LocalDashboardOptions {
  readonly address: DashboardAddress;
  readonly source: MarketSource;
  readonly kind: 'live' | 'simulated';
  readonly speed: number;
  /** Folder of the stack. */
  readonly dir: string;
  /** Folders of recordings. */
  readonly recordings: readonly string[];
  readonly symbols: () => readonly string[];
  readonly params: SignalParams;
  readonly notice: (line: string) => void;
}

/** What is looked at. */
type Looked = Pick<LocalStack, 'history' | 'relay' | 'books' | 'swings'>;
interface Seen {
  status(): Pick<StackStatus, 'lagMs' | 'backlog' | 'alerts'>;
}
/** Ears of the stack, which hear before there is anything to show. */
interface Ears {
  readonly onPublished: OnPublished;
  readonly telemetry: Pick<Telemetry, 'record'>;
}

/** For an exchange that does not answer. */
const PATIENCE_MS = 5_000;

export class LocalDashboard {
  readonly #options: LocalDashboardOptions;
  readonly #traces = new Traces();
  #dashboard: Dashboard | undefined;
  readonly #closes: Close[] = [];

  constructor(options: LocalDashboardOptions) {
    this.#options = options;
  }

  /** @param others Who is told of stages, too. */
  ears({ telemetry }: Pick<LocalStackOptions, 'telemetry'>): Ears {
    return {
      onPublished: (topic, messages) => this.#dashboard?.take(topic, messages),
      telemetry: {
        record: (span) => {
          telemetry?.record(span);
          this.#traces.record(span);
        },
      },
    };
  }

  notice(line: string): void {
    this.#dashboard?.notice(line);
  }

  /** A picture of an alert was drawn. */
  async chart(path: string): Promise<void> {
    const signal = await readFile(path)
      .then((png) => textsOf(png).Signal)
      .catch(() => undefined);
    if (signal !== undefined) this.#dashboard?.charted(signal);
  }

  /** @returns Its address; undefined where it cannot be opened, which is told. */
  async open(stack: Looked, view: Seen): Promise<string | undefined> {
    const { address, recordings, notice } = this.#options;
    try {
      const market = await this.#market(stack, view);
      const replays = { folders: recordings, prepare };
      const opened = await openDashboard({ ...address, market, replays, clock: systemClock, notice });
      this.#dashboard = opened;
      this.#closes.unshift(() => opened.close());
      if (address.isOpened) openBrowser(opened.url, notice);
      return opened.url;
    } catch (error) {
      notice(`There is no dashboard: ${messageOf(error)}`);
      await this.close();
      return undefined;
    }
  }

  async close(): Promise<void> {
    const { notice } = this.#options;
    this.#dashboard = undefined;
    await closeInOrder(this.#closes.splice(0)).catch((error: unknown) => notice(messageOf(error)));
  }

  async #market(stack: Looked, view: Seen): Promise<MarketPorts> {
    const { source, kind, speed, symbols, params } = this.#options;
    const { adapter, clock, title } = source;
    const rest = adapter.rest({ baseUrl: adapter.restUrl, clock: systemClock });
    // A page is waiting: what is known is shown without them.
    const pastBars: CandleSource = (query) =>
      rest.klines({ ...query, signal: AbortSignal.timeout(PATIENCE_MS) });
    return {
      source: { title, kind, speed },
      version: version(),
      venue: adapter.venue,
      clock,
      symbols,
      params,
      history: stack.history,
      pastBars,
      relay: () => stack.relay(),
      numbers: () => {
        const { lagMs, backlog, alerts } = view.status();
        return { lagMs, backlog, alerts: { sent: alerts.sent, waiting: alerts.waiting } };
      },
      books: () => stack.books(),
      swings: () => stack.swings(),
      drawChart: await this.#drawing(pastBars),
      traceOf: async (signal) => this.#traces.of(signal),
    };
  }

  /** One after the other: what people look at is not urgent. */
  async #drawing(exchange: CandleSource): Promise<MarketPorts['drawChart']> {
    const { source, dir, notice } = this.#options;
    const { clock, adapter } = source;
    const path = join(dir, FUNCTION_FILES.state);
    const store = await openSqliteStore({ path, clock, survives: 'process' });
    this.#closes.unshift(() => store.close());
    const facts = { store, venue: adapter.venue, exchange };
    const onFailure = (reason: string) => notice(`A chart lacks bars of the past: ${reason}`);
    let turn: Promise<unknown> = Promise.resolve();
    return (scalp, exit) => {
      const of = { pair: scalp.pair, signalId: scalp.id, scalp, swing: null, exit };
      const task = { id: `dashboard ${scalp.id}`, chat: '', replyTo: null, ...of };
      const drawn = turn.then(async () =>
        renderPng(chartOf(await gather(task, { ...facts, now: clock.now(), onFailure })), task),
      );
      turn = drawn.catch(() => {});
      return drawn;
    };
  }
}

const MAIN = join(import.meta.dirname, 'main.ts');
/** The stack comes first. */
const LOW_PRIORITY = 5;
/** Of what a replay says when it fails. */
const LAST_WORDS = 1_000;

/** As `cst replay` does, in a process of its own. */
async function prepare(recording: FoundRecording, out: string, signal: AbortSignal): Promise<void> {
  const { path, kind, venue } = recording;
  const symbol = recording.symbol ?? pairOf(recording.id);
  const what = kind === 'frames' ? ['--frames', path, ...(await warmth(path, venue))] : [`${symbol}=${path}`];
  const words = ['replay', ...what, '--venue', venue, '--out', out, '--revisions', 'last'];
  // It ends when the stack does, also where that is killed.
  const [program = '', ...script] = nodeCommand(MAIN);
  return new Promise((done, failed) => {
    const child = spawn(program, [...script, ...words], { stdio: ['pipe', 'ignore', 'pipe'], signal });
    let said = '';
    child.stderr.on('data', (text) => {
      said = `${said}${text}`.slice(-LAST_WORDS);
    });
    child.on('spawn', () => yieldToOthers(child.pid!));
    child.on('error', failed);
    child.on('close', (code) => {
      if (code === 0) done();
      else
        failed(
          new UpstreamError(`Expected to replay ${recording.id}, got: ${said.trim() || `exit code ${code}`}`),
        );
    });
  });
}

function yieldToOthers(pid: number): void {
  try {
    setPriority(pid, LOW_PRIORITY);
  } catch {
    // It has ended already, or the machine does not allow it: it is no less a replay.
  }
}

/** The bars that a recorded stack began with: without them there are no levels for a day. */
async function warmth(path: string, venue: string): Promise<string[]> {
  const folder = join(path, venue);
  const known = (await readdir(folder)).sort().find((name) => name.endsWith(WARM_SUFFIX));
  return known === undefined ? [] : ['--history', join(folder, known)];
}

function openBrowser(url: string, notice: (line: string) => void): void {
  const [command = '', ...args] = { darwin: ['open'], win32: ['cmd', '/c', 'start', ''] }[
    process.platform as string
  ] ?? ['xdg-open'];
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true });
  child.on('error', () => notice(`Expected a browser to open, got none: look at ${url} yourself.`));
  child.unref();
}
