/** What a process and all that it started take of the machine: of those that live, by Linux's /proc, else nothing. */
import { readdirSync, readFileSync } from 'node:fs';

const SAMPLE_MS = 200;

export interface Spending {
  /** Most memory of all of them at one moment. */
  readonly peakMb: number;
  /** CPU time since `mark`, as far as samples saw it. */
  readonly cpuS: number;
}

/** Looks at the family of a process every fifth of a second, until `stop`. */
export class ProcessFamily {
  readonly #root: number;
  readonly #cpu = new Map<number, number>();
  #peakMb = 0;
  #beforeS = 0;
  readonly #sampling: NodeJS.Timeout;

  constructor(root: number) {
    this.#root = root;
    this.#sampling = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  /** CPU time counts from now on. */
  mark(): void {
    this.#sample();
    this.#beforeS = this.#cpuS();
  }

  stop(): Spending {
    clearInterval(this.#sampling);
    this.#sample();
    return { peakMb: this.#peakMb, cpuS: this.#cpuS() - this.#beforeS };
  }

  #sample(): void {
    const family = descendants(this.#root);
    for (const { pid, cpuS } of family) this.#cpu.set(pid, cpuS);
    const rssMb = family.reduce((sum, each) => sum + each.rssMb, 0);
    this.#peakMb = Math.max(this.#peakMb, Math.round(rssMb));
  }

  #cpuS(): number {
    return [...this.#cpu.values()].reduce((sum, s) => sum + s, 0);
  }
}

interface Sample {
  readonly pid: number;
  readonly parent: number;
  readonly rssMb: number;
  readonly cpuS: number;
}

function descendants(root: number): Sample[] {
  const all = pids().flatMap((pid) => sampleOf(pid) ?? []);
  const found: Sample[] = all.filter(({ pid }) => pid === root);
  for (const one of found) found.push(...all.filter(({ parent }) => parent === one.pid));
  return found;
}

function pids(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** Fields of proc(5) `stat`, counted behind the name: 1 parent, 11 and 12 ticks of CPU, 21 pages of memory. */
function sampleOf(pid: number): Sample | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [parent, user, system, pages] = [1, 11, 12, 21].map((at) => Number(fields[at]));
    return { pid, parent: parent!, cpuS: (user! + system!) / 100, rssMb: (pages! * 4096) / 2 ** 20 };
  } catch {
    return null;
  }
}
