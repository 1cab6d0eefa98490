/**
 * GroupByKey over event time: windows fire when the watermark reaches their end, then again for the late elements of each
 * bundle until end + allowed lateness. Where windows overlap and tile, an element is kept once, in its slice, not once per
 * window.
 */

import '../../../transforms/sdk.beam.ts';
import { Timing, type WindowedValue } from 'apache-beam/values';
import type { IOperator, Receiver } from 'apache-beam/worker/operators';
import { Agenda } from './agenda.ts';
import { type Pane, paneElement } from './pane.ts';
import { type Ledger, WindowReceipts } from './receipts.ts';
import { Slices } from './slices.ts';
import { newestStart, startOf, type Windowing, windowEndingAt } from './windowing.ts';

export interface GroupOptions {
  readonly transformId: string;
  readonly windowing: Windowing;
  /** Elements come without windows of this strategy: assign them here, from their timestamps. */
  readonly assigns: boolean;
  readonly receiver: Receiver;
  readonly ledger: Ledger;
  /** Text of a key that is no string; equal keys, equal text. */
  readonly keyText: (key: unknown) => string;
  /** Called once for an element that came too late for at least one of its windows. */
  readonly onDropped: (value: unknown) => void;
}

interface Element {
  readonly id: string;
  readonly state: Slices;
  readonly start: number;
  readonly value: unknown;
}

export class GroupOperator implements IOperator {
  readonly transformId: string;
  watermark = Number.NEGATIVE_INFINITY;
  /** Elements that some closed window still took. */
  late = 0;
  /** Windows that elements came too late for: one element may miss several. */
  droppedLate = 0;
  /** Elements in state. */
  held = 0;

  readonly #options: GroupOptions;
  readonly #windowing: Windowing;
  readonly #sliced: boolean;
  /** Distance between the ends of the windows that hold one slice. */
  readonly #step: number;
  readonly #windowsPerSlice: number;
  /** Some closed window took the element being added. */
  #isLate = false;
  readonly #states = new Map<string, Slices>();
  readonly #open = new Agenda<Slices>();
  readonly #closed = new Agenda<Pane>();
  /** Closed windows that took elements of this bundle: each fires once for all of them, when the bundle ends. */
  readonly #due = new Agenda<Pane>();
  readonly #receipts = new WindowReceipts();

  constructor(options: GroupOptions) {
    this.transformId = options.transformId;
    this.#options = options;
    this.#windowing = options.windowing;
    const { sizeMs, periodMs } = options.windowing;
    this.#sliced = options.assigns && sizeMs % periodMs === 0;
    this.#step = this.#sliced ? periodMs : sizeMs;
    this.#windowsPerSlice = this.#sliced ? sizeMs / periodMs : 1;
  }

  async startBundle(): Promise<void> {}
  async finishBundle(): Promise<void> {}

  process(element: WindowedValue<unknown>): null {
    const { key, value } = element.value as { key: unknown; value: unknown };
    const id = typeof key === 'string' ? key : `\0${this.#options.keyText(key)}`;
    let state = this.#states.get(id);
    if (state === undefined) {
      state = new Slices(key);
      this.#states.set(id, state);
    }
    const missed = this.droppedLate;
    this.#isLate = false;
    const { windows } = element;
    if (this.#options.assigns) {
      const ts = element.timestamp.toNumber();
      for (let copy = 0; copy < windows.length; copy += 1) this.#assign(id, state, ts, value);
    } else {
      const starts = windows.map(startOf);
      if (starts.length > 1) starts.sort((a, b) => a - b);
      for (const start of starts) this.#add({ id, state, start, value });
    }
    if (this.#isLate) this.late += 1;
    if (this.droppedLate > missed) this.#options.onDropped(element.value);
    if (state.isEmpty) this.#states.delete(id);
    return null;
  }

  /** Fires the earliest window, all keys of it, that elements of this bundle came late for. False: there is none. */
  fireLate(): boolean {
    const end = this.#due.next();
    if (end === undefined) return false;
    for (const [, pane] of this.#due.take()) this.#fireLate(end, pane);
    return true;
  }

  /** Event time has come to `watermark`; call `fireNext` until it returns false. `fireLate` comes before. */
  rise(watermark: number): boolean {
    if (watermark <= this.watermark) return false;
    this.watermark = watermark;
    return true;
  }

  /** The next thing due by the watermark: all keys of a window fire, or its lateness ends. False: nothing is due. */
  fireNext(): boolean {
    const open = this.#open.next();
    const closed = this.#closed.next();
    if (
      closed !== undefined &&
      this.#isOver(closed) &&
      (open === undefined || this.#lastsUntil(closed) < open)
    ) {
      for (const [id, pane] of this.#closed.take()) this.#close(closed, id, pane);
      this.#receipts.release(closed);
      return true;
    }
    if (open === undefined || open > this.watermark) return false;
    for (const [id, state] of this.#open.take()) this.#fireOnTime(open, id, state);
    if (this.#windowing.allowedLatenessMs === 0) this.#receipts.release(open);
    return true;
  }

  #assign(id: string, state: Slices, ts: number, value: unknown): void {
    const { sizeMs, periodMs } = this.#windowing;
    const newest = newestStart(ts, this.#windowing);
    let start = newest;
    if (!this.#sliced) while (ts < start - periodMs + sizeMs) start -= periodMs;
    for (; start <= newest && ts < start + sizeMs; start += periodMs) this.#add({ id, state, start, value });
  }

  #add(element: Element): void {
    const { id, state, start, value } = element;
    const first = start + this.#step;
    const last = start + this.#windowing.sizeMs;
    if (this.#isOver(last)) {
      this.droppedLate += this.#windowsPerSlice;
      return;
    }
    const isNew = state.add(start, value);
    this.held += 1;
    if (first > this.watermark) {
      if (isNew) this.#open.at(first).set(id, state);
    } else {
      this.#addLate(element, first, last);
    }
    this.#receipts.hold(last, this.#options.ledger.current);
  }

  /** Some of the element's windows have closed: those that may still fire will, and the first open one is seen to. */
  #addLate(element: Element, first: number, last: number): void {
    const { id, state } = element;
    let end = first;
    for (; end <= last && end <= this.watermark; end += this.#step) {
      if (this.#isOver(end) || !this.#refire(end, element)) this.droppedLate += 1;
      else this.#isLate = true;
    }
    if (end <= last) this.#open.at(end).set(id, state);
  }

  /** False where the window takes no more elements. */
  #refire(end: number, { id, state, value }: Element): boolean {
    const known = this.#closed.peek(end, id);
    if (known?.isDone) return false;
    const pane = known ?? { state, nextIndex: 0, fresh: [], isDone: false };
    pane.fresh.push(value);
    if (known === undefined) this.#closed.at(end).set(id, pane);
    // The first element of a window that nothing was in when it closed fires, whatever the count.
    if (known === undefined || pane.fresh.length >= this.#windowing.lateCount)
      this.#due.at(end).set(id, pane);
    return true;
  }

  #fireOnTime(end: number, id: string, state: Slices): void {
    this.#emit(end, state, this.#contents(end, state), Timing.ON_TIME, 0);
    const next = end + this.#step;
    if (this.#sliced && state.holdsAnyIn(this.#from(next), end)) this.#open.at(next).set(id, state);
    if (this.#windowing.allowedLatenessMs === 0) this.#forget(end, id, state);
    else this.#closed.at(end).set(id, { state, nextIndex: 1, fresh: [], isDone: this.#isDone(end) });
  }

  #fireLate(end: number, pane: Pane): void {
    const values = this.#windowing.accumulating ? this.#contents(end, pane.state) : pane.fresh;
    const index = pane.nextIndex;
    pane.nextIndex += 1;
    pane.fresh = [];
    pane.isDone = this.#isDone(end);
    this.#emit(end, pane.state, values, Timing.LATE, index);
  }

  #emit(end: number, state: Slices, values: unknown[], timing: Timing, index: number): void {
    const { ledger, receiver } = this.#options;
    const feeding = ledger.current;
    ledger.current = undefined;
    const group = { key: state.key, value: values };
    receiver.receive(
      paneElement(group, windowEndingAt(end, this.#windowing.sizeMs), timing, index, this.#isDone(end)),
    );
    ledger.current = feeding;
  }

  /** Lateness has ended: what no pane has told yet leaves in a last one. */
  #close(end: number, id: string, pane: Pane): void {
    const isDue = pane.fresh.length > 0 || this.#windowing.closesWithPane;
    if (isDue && !pane.isDone) this.#fireLate(end, pane);
    this.#forget(end, id, pane.state);
  }

  #forget(end: number, id: string, state: Slices): void {
    this.held -= state.dropUpTo(this.#from(end));
    if (state.isEmpty && this.#states.get(id) === state) this.#states.delete(id);
  }

  /** A pane of this window fired now is its last. */
  #isDone(end: number): boolean {
    return this.#windowing.lateCount === Number.POSITIVE_INFINITY || this.#isOver(end);
  }

  /** Lateness has passed: the window takes nothing more. */
  #isOver(end: number): boolean {
    return this.#lastsUntil(end) <= this.watermark;
  }

  #lastsUntil(end: number): number {
    return end + this.#windowing.allowedLatenessMs;
  }

  #contents(end: number, state: Slices): unknown[] {
    const from = this.#from(end);
    return state.collect(from, this.#sliced ? end - this.#step : from);
  }

  /** Where the window's first slice starts. */
  #from(end: number): number {
    return end === Number.POSITIVE_INFINITY ? 0 : end - this.#windowing.sizeMs;
  }
}
