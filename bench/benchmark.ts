/** What a benchmark is: named cases, each run in a process of its own, each giving one row of a table. */

/** Cells by column, ready to print. */
export type Row = Readonly<Record<string, string>>;

export interface Case {
  readonly name: string;
  /** What it is measured against; undefined for a reference. */
  readonly goal?: string;
  /** Runs in a fresh process, which ends after it. Null: what it needs is missing. */
  readonly run: () => Promise<Row | null>;
}

export interface Benchmark {
  readonly name: string;
  /** One or two sentences: what is measured, of what input, and what is left out of the time. */
  readonly about: string;
  readonly cases: readonly Case[];
}

/** Time spent. */
export interface Spent {
  /** Unit: seconds. */
  readonly wall: number;
  /** CPU time of all threads by wall time, pauses included. */
  readonly cores: number;
}

/** Runs between `resume` and `pause` only. */
export class Stopwatch {
  #wall = 0;
  #resumed = 0;
  readonly #createdCpu = process.cpuUsage();
  readonly #created = performance.now();

  resume(): void {
    this.#resumed = performance.now();
  }

  /** No-op where it stands still. */
  pause(): void {
    if (this.#resumed > 0) this.#wall += performance.now() - this.#resumed;
    this.#resumed = 0;
  }

  get wall(): number {
    return this.#wall / 1e3;
  }

  get spent(): Spent {
    const { user, system } = process.cpuUsage(this.#createdCpu);
    return { wall: this.wall, cores: (user + system) / 1e3 / (performance.now() - this.#created) };
  }
}

/** The run of median wall time, of `count` runs after one that is thrown away. */
export async function medianOf(count: number, run: () => Promise<Spent>): Promise<Spent> {
  await run();
  const runs: Spent[] = [];
  for (let i = 0; i < count; i++) runs.push(await run());
  runs.sort((a, b) => a.wall - b.wall);
  return runs[count >> 1]!;
}

/** Cores well below 1: the machine was busy with something else. Above 1: the compiler and the garbage collector beside the work. */
export function throughput(trades: number, { wall, cores }: Spent): Row {
  return { 'trades/s': millions(trades / wall), cores: cores.toFixed(2) };
}

export function millions(count: number): string {
  return `${(count / 1e6).toFixed(count < 1e6 ? 3 : 2)} M`;
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function plural(symbols: number): string {
  return symbols === 1 ? '1 symbol' : `${symbols} symbols`;
}
