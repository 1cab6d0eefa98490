/** Log entries to the runner, with the bundle and step they are about; to stderr as JSON while the runner takes none. */
import '../../transforms/sdk.beam.ts';
import { type LogEntry, LogEntry_Severity_Enum as Severity } from 'apache-beam/proto/beam_fn_api';
import type { Clock } from '../../connectors/clock/port.ts';
import { logLine } from '../../connectors/log-line.ts';
import { atWork } from './stage/step-clock.ts';

export type Level = 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';

/** Takes entries to the runner; false where it cannot. */
export type SendEntries = (entries: LogEntry[]) => boolean;

/** Entries that wait for one turn of the event loop are sent together; more at once are sent at once. */
const BATCH = 100;

export class WorkerLog {
  readonly #clock: Clock;
  readonly #send: SendEntries;
  readonly #fallBack: (line: string) => void;
  #pending: LogEntry[] = [];
  #isScheduled = false;

  constructor(parts: { clock: Clock; send: SendEntries; fallBack: (line: string) => void }) {
    this.#clock = parts.clock;
    this.#send = parts.send;
    this.#fallBack = parts.fallBack;
  }

  /** `about`: the instruction, where it is not the one at work. */
  write(level: Level, message: string, about?: string): void {
    const work = atWork.getStore();
    this.#pending.push({
      severity: Severity[level],
      timestamp: timestampOf(this.#clock.now()),
      message,
      trace: '',
      instructionId: about ?? work?.instructionId ?? '',
      transformId: (about === undefined && work?.clock.current?.transformId) || '',
      logLocation: '',
      thread: '',
    });
    if (this.#pending.length >= BATCH) {
      this.flush();
    } else if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(() => this.flush());
    }
  }

  flush(): void {
    this.#isScheduled = false;
    const entries = this.#pending;
    this.#pending = [];
    if (entries.length === 0 || this.#send(entries)) return;
    for (const entry of entries) this.#fallBack(toLine(entry));
  }
}

function timestampOf(ms: number): { seconds: bigint; nanos: number } {
  const seconds = Math.floor(ms / 1000);
  return { seconds: BigInt(seconds), nanos: (ms - seconds * 1000) * 1_000_000 };
}

/** The runner's word for a warning is not that of log collectors. */
function toLine({ severity, timestamp, message, instructionId, transformId }: LogEntry): string {
  const timeMs = Number(timestamp!.seconds) * 1000 + timestamp!.nanos / 1_000_000;
  const level = Severity[severity] as Level;
  const fields = {
    instructionId: instructionId || undefined,
    transformId: transformId || undefined,
  };
  return logLine({ severity: level === 'WARN' ? 'WARNING' : level, message, timeMs }, fields);
}
