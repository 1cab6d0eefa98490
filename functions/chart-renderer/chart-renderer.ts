/** Draws charts: a task of the queue becomes a picture that answers its message, once. */
import type { Clock } from '../../connectors/clock/port.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import type { Messenger, Outcome } from '../../connectors/messenger/port.ts';
import type { Meter } from '../../connectors/metrics/meter.ts';
import { OwnedRows } from '../../connectors/state/owned.ts';
import type { StateStore } from '../../connectors/state/port.ts';
import type { TaskAttempt } from '../../connectors/tasks/port.ts';
import type { Stages } from '../../connectors/telemetry/stages.ts';
import { ChartTask } from '../../schemas/chart-task.ts';
import { UpstreamError } from '../../schemas/errors.ts';
import { DAY_MS, MINUTE_MS, type Venue } from '../../schemas/primitives.ts';
import { chartSettled } from '../alert-stages.ts';
import type { CandleSource } from '../macro-engine/gather.ts';
import { captionOf } from './caption.ts';
import type { Chart } from './content/chart.ts';
import { chartOf } from './content/chart-of.ts';
import { gather } from './gather.ts';
import { renderPng } from './picture/render.ts';
import { claim, Sending, settle } from './sending.ts';

export interface ChartRendererOptions {
  readonly store: StateStore;
  readonly messenger: Messenger;
  readonly clock: Clock;
  /** Whose candles are drawn where the task does not say. */
  readonly venue: Venue;
  /** Asked for bars that the state store does not have, such as those of before a start. Default: nobody is. */
  readonly exchange?: CandleSource | undefined;
  readonly stages?: Stages | undefined;
  /** Told in a sentence what a person should know, of which signal. */
  readonly onNotice?: (line: string, signal?: string) => void;
  readonly meter?: Meter | undefined;
}

/** Longer than a queue tries again. */
const REMEMBERED_MS = 7 * DAY_MS;
/** An alert may be faster than the bar that it tells of: so often the chart waits for it, while the signal is young. */
const WAITS = 3;
const YOUNG_MS = MINUTE_MS;

export class ChartRenderer {
  readonly #options: ChartRendererOptions;
  readonly #rows: OwnedRows<typeof Sending>;
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: ChartRendererOptions) {
    this.#options = options;
    this.#rows = new OwnedRows(options.store, 'chart-task', Sending);
  }

  /**
   * Fulfilled: the task is over, sent or not worth to be tried again. Rejected with UpstreamError: it is to come again.
   * A task that was sent is known by its id and not sent again; only where an answer was lost it may come twice.
   */
  handle(attempt: TaskAttempt): Promise<void> {
    const work = this.#measured(() => this.#handle(attempt)).finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
    return work;
  }

  /** Waits for the pictures under way. Idempotent. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  /** A picture takes the machine's time, whatever the market's. */
  async #measured(draw: () => Promise<void>): Promise<void> {
    const { meter } = this.#options;
    const startMs = systemClock.now();
    try {
      await draw();
    } catch (error) {
      meter?.count('cst_charts_total', { outcome: 'again' });
      throw error;
    }
    meter?.count('cst_charts_total', { outcome: 'done' });
    meter?.observe('cst_chart_seconds', (systemClock.now() - startMs) / 1_000);
  }

  async #handle({ name, body, attempt }: TaskAttempt): Promise<void> {
    const task = taskOf(body);
    if (task === null) return this.#notice(`Chart ${name}: expected a task of a chart, got something else.`);
    const { clock, stages } = this.#options;
    const begunMs = clock.now();
    const known = await this.#rows.read(task.id);
    const row = claim(known?.value ?? null, begunMs);
    if (row === 'over') return;
    if (row === 'busy') throw again(task, 'another attempt is under way');
    const chart = await this.#chart(task, attempt);
    const png = await renderPng(chart, task);
    if (!(await this.#write(task, known?.version ?? 0, row))) throw again(task, 'another attempt began');
    const outcome = await this.#send(task, chart, png);
    const settled = settle(row, outcome);
    await this.#write(task, (known?.version ?? 0) + 1, settled);
    if (settled.state === 'OVER' && task.signalId !== null) {
      const outcomeOf = outcome.kind === 'done' ? 'SENT' : 'REFUSED';
      chartSettled(stages, { signal: task.signalId, chat: task.chat, outcome: outcomeOf }, begunMs);
    }
    if (outcome.kind === 'done') return;
    if (settled.state !== 'OVER') throw again(task, outcome.reason);
    this.#notice(`Chart ${task.id} for chat ${task.chat}: given up. ${outcome.reason}`, task);
  }

  async #chart(task: ChartTask, attempt: number): Promise<Chart> {
    const { store, venue, clock, exchange = null } = this.#options;
    const now = clock.now();
    const onFailure = (reason: string) =>
      this.#notice(`Chart ${task.id} lacks bars of the past: ${reason}`, task);
    const chart = chartOf(await gather(task, { store, venue, exchange, now, onFailure }));
    const isYoung = chart.signalAt !== null && now - chart.signalAt < YOUNG_MS;
    if (isYoung && attempt <= WAITS && !chart.hasSignalBar) {
      throw again(task, 'the bar of its signal is not known yet');
    }
    return chart;
  }

  #send({ id, chat, replyTo }: ChartTask, chart: Chart, png: Uint8Array): Promise<Outcome<number>> {
    const fileName = `${id.replace(/[^\w-]/g, '_').slice(0, 100)}.png`;
    const how = { buttons: [], isSilent: true, replyTo };
    return this.#options.messenger.sendPhoto({ chat, html: captionOf(chart), png, fileName, ...how });
  }

  #write(task: ChartTask, version: number, row: Sending): Promise<boolean> {
    const expiresAt = this.#options.clock.now() + REMEMBERED_MS;
    return this.#rows.replace([task.id], version, row, { expiresAt });
  }

  #notice(line: string, task?: ChartTask): void {
    this.#options.onNotice?.(line, task?.signalId ?? undefined);
  }
}

function taskOf(body: string): ChartTask | null {
  try {
    return ChartTask.decode(JSON.parse(body));
  } catch {
    return null;
  }
}

function again({ id }: ChartTask, reason: string): UpstreamError {
  return new UpstreamError(`Expected to send chart ${id}, got: ${reason}. It comes again.`);
}
