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

/** Time spent. Units: seconds. `cpu` is that of all threads of the process. */
export interface Spent {
  readonly wall: number;
  readonly cpu: number;
}

/** Runs between `resume` and `pause` only. */
export class Stopwatch {
  #wall = 0;
  #cpu = 0;
  #startedWall = 0;
  #startedCpu: NodeJS.CpuUsage | undefined;

  resume(): void {
    this.#startedCpu = process.cpuUsage();
    this.#startedWall = performance.now();
  }

  pause(): void {
    if (this.#startedCpu === undefined) return;
    this.#wall += (performance.now() - this.#startedWall) / 1e3;
    const { user, system } = process.cpuUsage(this.#startedCpu);
    this.#cpu += (user + system) / 1e6;
    this.#startedCpu = undefined;
  }

  get spent(): Spent {
    return { wall: this.#wall, cpu: this.#cpu };
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

/** CPU well below 1 core: the machine was busy with something else. Above 1: garbage collection beside the work. */
export function throughput(trades: number, { wall, cpu }: Spent): Row {
  return { 'trades/s': millions(trades / wall), cores: (cpu / wall).toFixed(2) };
}

export function millions(count: number): string {
  return `${(count / 1e6).toFixed(count < 1e6 ? 3 : 2)} M`;
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
