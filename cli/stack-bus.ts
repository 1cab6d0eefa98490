/** The bus of a stack: what passes is traced, stage by stage, and counted. */
import { join } from 'node:path';
import { openEmbeddedBus } from '../connectors/bus/embedded.ts';
import type { MessageBus } from '../connectors/bus/port.ts';
import { systemClock } from '../connectors/clock/system.ts';
import type { Notice } from '../connectors/log-line.ts';
import type { Meter } from '../connectors/metrics/meter.ts';
import { countPublished } from '../connectors/metrics/published.ts';
import type { Telemetry } from '../connectors/telemetry/port.ts';
import { SPAN_FILE, SpanFile } from '../connectors/telemetry/span-file.ts';
import { Stages } from '../connectors/telemetry/stages.ts';
import { tracedBus } from '../connectors/telemetry/traced-bus.ts';
import type { Close } from './close-in-order.ts';
import type { MarketSource } from './market-source.ts';
import { type OnPublished, tappedBus } from './tapped-bus.ts';

/** Its folder in the stack's. */
export const BUS = 'bus';

export interface StackBusOptions {
  readonly source: MarketSource;
  /** Folder of the stack. */
  readonly dir: string;
  /** Told in a sentence what a person should know. */
  readonly notice: Notice;
  /** Told of what was published, once the bus has it. */
  readonly onPublished?: OnPublished | undefined;
  /** Told of every stage that was measured, besides the folder's own file. Closed by whoever opened it. */
  readonly telemetry?: Pick<Telemetry, 'record'> | undefined;
}

export async function openStackBus(
  options: StackBusOptions,
  meter: Meter,
  onClose: (close: Close) => void,
): Promise<{ readonly bus: MessageBus; readonly stages: Stages }> {
  const stages = openStages(options, meter, onClose);
  const embedded = await openEmbeddedBus({ dir: join(options.dir, BUS), clock: systemClock });
  onClose(() => embedded.close());
  const counted = countPublished(tracedBus(embedded, stages), meter, options.source.clock);
  return { stages, bus: tappedBus(counted, options.onPublished) };
}

/** All of the stack is measured by one clock, the market's; where that is the machine's, the bus stamps by it, too. */
function openStages(
  { source, dir, notice, telemetry }: StackBusOptions,
  meter: Meter,
  onClose: (close: Close) => void,
): Stages {
  const { clock, title: clockTitle } = source;
  const file = new SpanFile({ path: join(dir, SPAN_FILE), clockTitle, onTrouble: notice });
  onClose(() => file.close());
  const record: Telemetry['record'] = (span) => {
    file.record(span);
    meter.record(span);
    telemetry?.record(span);
  };
  return new Stages({ telemetry: { record }, clock, isBusTime: clock === systemClock });
}
