/**
 * The last events, numbered. One log serves any number of readers: each has only a place in it, so a reader that is slow,
 * or away for a while, costs nothing. Of events with a key only the newest is kept (a log that is compacted): who comes
 * late gets the state they lead to, and not the way there.
 */
import { wireJson } from '../../schemas/wire-json.ts';
import { EVENTS, type EventData, type EventName } from '../api.ts';

export interface LoggedEvent {
  readonly id: number;
  readonly name: EventName;
  /** Null where each event counts. */
  readonly key: string | null;
  readonly data: object;
  /** In wire form; made when somebody first asks. */
  readonly json: string;
}

export interface EventLogOptions {
  /** Ids begin after it; a later process must begin with a higher one, so that it knows a stranger's ids. */
  readonly firstId: number;
  /** Events kept at most. */
  readonly capacity?: number;
}

const CAPACITY = 4_096;

export class EventLog {
  readonly #capacity: number;
  readonly #listeners = new Set<() => void>();
  /** By id: what is added is the newest. */
  readonly #events = new Map<number, LoggedEvent>();
  /** Id of the newest event of each key. */
  readonly #byKey = new Map<string, number>();
  #last: number;
  /** Up to this id, events may be missing. */
  #forgotten: number;

  constructor({ firstId, capacity = CAPACITY }: EventLogOptions) {
    this.#capacity = capacity;
    this.#last = firstId;
    this.#forgotten = firstId - 1;
  }

  /** Id of the newest event. */
  get last(): number {
    return this.#last;
  }

  /** @param of What the event is the state of; it takes the place of the one before. Only of events with `latest`. */
  add<N extends EventName>(name: N, data: EventData<N>, of = ''): void {
    const key = EVENTS[name].latest ? `${name} ${of}` : null;
    this.#last += 1;
    if (key !== null) this.#replace(key, this.#last);
    this.#events.set(this.#last, new Entry(this.#last, name, key, data));
    if (this.#events.size > this.#capacity) this.#forgetOldest();
    for (const listener of this.#listeners) listener();
  }

  /** Events with a higher id, oldest first; null where some of them are forgotten, or the id is not of this log. */
  after(id: number): Iterable<LoggedEvent> | null {
    if (id < this.#forgotten || id > this.#last) return null;
    return this.#from(id);
  }

  /** What is kept of one kind, oldest first. */
  *recent<N extends EventName>(name: N): Iterable<EventData<N>> {
    for (const event of this.#events.values()) if (event.name === name) yield event.data as EventData<N>;
  }

  /** Told after each event. @returns What ends it. */
  onAdd(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  *#from(id: number): Iterable<LoggedEvent> {
    for (const event of this.#events.values()) if (event.id > id) yield event;
  }

  #replace(key: string, id: number): void {
    const before = this.#byKey.get(key);
    if (before !== undefined) this.#events.delete(before);
    this.#byKey.set(key, id);
  }

  #forgetOldest(): void {
    const oldest = this.#events.values().next().value!;
    this.#events.delete(oldest.id);
    if (oldest.key !== null) this.#byKey.delete(oldest.key);
    this.#forgotten = oldest.id;
  }
}

class Entry implements LoggedEvent {
  readonly id: number;
  readonly name: EventName;
  readonly key: string | null;
  readonly data: object;
  #json: string | undefined;

  constructor(id: number, name: EventName, key: string | null, data: object) {
    this.id = id;
    this.name = name;
    this.key = key;
    this.data = data;
  }

  get json(): string {
    this.#json ??= wireJson(EVENTS[this.name].data, this.data);
    return this.#json;
  }
}
