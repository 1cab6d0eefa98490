/** What `cst twin` does: simulated exchanges on this machine, until asked to stop. */
import { z } from 'zod';
import { acceleratedClock } from '../connectors/clock/accelerated.ts';
import { systemClock } from '../connectors/clock/system.ts';
import { chaosSchedule } from '../connectors/exchanges/simulated/faults/chaos.ts';
import { Fault } from '../connectors/exchanges/simulated/faults/faults.ts';
import { type RunningTwin, startExchangeTwin } from '../connectors/exchanges/simulated/twin-server.ts';
import { readSmallFile } from '../connectors/files/small-file.ts';
import { ConfigError, messageOf, UpstreamError } from '../schemas/errors.ts';
import { untilStopRequest } from './stop-request.ts';

export interface TwinFlags {
  readonly port?: number;
  readonly host: string;
  readonly seed: number;
  readonly speed: number;
  readonly faults?: string;
  /** Faults an hour of market time. */
  readonly chaos?: number;
  /** Unit: s. */
  readonly for?: number;
}

/** A schedule is drawn for as long. */
const CHAOS_HOURS = 240;
const TWINS = ['bybit', 'kraken'] as const;

export async function runTwin(flags: TwinFlags): Promise<void> {
  const { seed, speed, port = 0, chaos: perHour = 0 } = flags;
  const faults = flags.faults === undefined ? [] : readFaults(flags.faults);
  const stopAfterMs = flags.for === undefined ? undefined : flags.for * 1_000;
  const clock = acceleratedClock({ start: systemClock.now(), speed, base: systemClock });
  await untilStopRequest(async (stopAsked) => {
    const { host } = flags;
    const twin = await startExchangeTwin({ seed, clock, port, host, faults }).catch((cause: unknown) => {
      if (cause instanceof ConfigError) throw cause;
      throw new UpstreamError(`Cannot listen on ${host}:${port}: ${messageOf(cause)}.`, { cause });
    });
    try {
      if (perHour > 0) twin.inject(drawn(twin, seed, perHour));
      process.stdout.write(welcome(twin, { seed, speed }));
      await stopAsked;
    } finally {
      process.stderr.write(`Stopping. ${summary(twin)}\n`);
      await twin.close();
    }
  }, stopAfterMs);
}

function drawn(twin: RunningTwin, seed: number, perHour: number): Fault[] {
  const symbols = { bybit: twin.twins.bybit.symbols, kraken: twin.twins.kraken.symbols };
  return chaosSchedule({ seed, hours: CHAOS_HOURS, perHour, symbols });
}

function welcome(twin: RunningTwin, { seed, speed }: { seed: number; speed: number }): string {
  const venues = TWINS.flatMap((venue) => {
    const { wsUrl, restUrl } = twin.address(venue);
    return [
      `${venue.padEnd(8)} ${wsUrl}   REST ${restUrl}`,
      `${' '.repeat(8)} ${twin.twins[venue].symbols.join(' ')}`,
    ];
  });
  const { wsUrl, restUrl } = twin.address('bybit');
  return [
    ...venues,
    `market   seed ${seed}, ${speed}×`,
    `faults   curl ${twin.httpUrl}/twin/faults -d '[{"kind": "drop", "venue": "bybit", "afterMs": 0}]'`,
    `relay    cst relay --venue bybit --ws-url ${wsUrl} --rest-url ${restUrl}`,
    '',
  ].join('\n');
}

function summary(twin: RunningTwin): string {
  const begun = twin.report().filter(({ state }) => state !== 'due');
  const kinds = new Map<string, number>();
  for (const { fault } of begun) kinds.set(fault.kind, (kinds.get(fault.kind) ?? 0) + 1);
  const told = [...kinds].map(([kind, count]) => `${kind} ${count}`).join(', ');
  return begun.length === 0
    ? 'Nothing was made to fail.'
    : `${begun.length} ${begun.length === 1 ? 'fault' : 'faults'}: ${told}.`;
}

/** @throws ConfigError naming the file, and what is wrong in it. */
function readFaults(path: string): Fault[] {
  let json: unknown;
  try {
    json = JSON.parse(readSmallFile(path));
  } catch (cause) {
    throw new ConfigError(`Cannot read faults from ${path}: ${messageOf(cause)}.`, { cause });
  }
  const parsed = z.array(Fault).safeParse(json);
  if (parsed.success) return parsed.data;
  throw new ConfigError(`Expected a list of faults in ${path}, got: ${z.prettifyError(parsed.error)}`);
}
