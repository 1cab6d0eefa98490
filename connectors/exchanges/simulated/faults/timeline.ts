/** Faults by their times: which begin and which end, in which order. */
import { type Fault, faultInfo, newTally, type Tally } from './faults.ts';

/** A fault on its way: due, active, or over. Times are true time. */
export interface Incident {
  /** Counts up in the order in which faults were given. */
  readonly id: number;
  readonly fault: Fault;
  readonly amount: number;
  readonly status: number;
  readonly beginMs: number;
  /** Equal to `beginMs` where it is over at once; infinite where it never ends. */
  readonly endMs: number;
  state: 'due' | 'active' | 'over';
  readonly tally: Tally;
}

export class Timeline {
  readonly incidents: Incident[] = [];
  #due: readonly Incident[] = [];
  #active: readonly Incident[] = [];

  add(faults: readonly Fault[], originMs: number): void {
    const added = faults.map((fault, i) => incident(fault, this.incidents.length + i, originMs));
    this.incidents.push(...added);
    this.#due = [...this.#due, ...added].sort((a, b) => a.beginMs - b.beginMs || a.id - b.id);
  }

  /** Those that are due never happen. */
  clear(): void {
    for (const each of this.#due) each.state = 'over';
    this.#due = [];
  }

  get active(): readonly Incident[] {
    return this.#active;
  }

  /** The next moment at which one begins or ends. */
  next(): number {
    const ends = this.#active.map(({ endMs }) => endMs);
    return Math.min(this.#due[0]?.beginMs ?? Number.POSITIVE_INFINITY, ...ends);
  }

  /** Those that begin by `ms`, now active. */
  begun(ms: number): readonly Incident[] {
    if (!(this.#due[0] && this.#due[0].beginMs <= ms)) return [];
    const begun = this.#due.filter(({ beginMs }) => beginMs <= ms);
    this.#due = this.#due.slice(begun.length);
    for (const each of begun) each.state = 'active';
    this.#active = [...this.#active, ...begun];
    return begun;
  }

  /** Those that end by `ms`, now over. */
  ended(ms: number): readonly Incident[] {
    const ended = this.#active.filter(({ endMs }) => endMs <= ms);
    if (ended.length === 0) return ended;
    this.#active = this.#active.filter(({ endMs }) => endMs > ms);
    for (const each of ended) each.state = 'over';
    return ended;
  }
}

function incident(fault: Fault, id: number, originMs: number): Incident {
  const info = faultInfo(fault.kind);
  const beginMs = originMs + fault.afterMs;
  const lasts = fault.forMs ?? info.forMs?.[0] ?? 0;
  const isForEver = fault.kind === 'delisting' && !fault.forMs;
  return {
    id,
    fault,
    amount: fault.amount ?? info.amount?.range[0] ?? 0,
    status: fault.status ?? info.statuses?.[0] ?? 0,
    beginMs,
    endMs: isForEver ? Number.POSITIVE_INFINITY : beginMs + lasts,
    state: 'due',
    tally: newTally(),
  };
}
