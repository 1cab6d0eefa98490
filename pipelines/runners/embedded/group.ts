/**
 * GroupByKey over event time: windows fire when the watermark reaches their end, then again for late elements until
 * end + allowed lateness. Where windows overlap and tile, an element is kept once, in its slice, not once per window.
 */

import '../../../transforms/sdk.beam.ts';
import { Timing, type Window, type WindowedValue } from 'apache-beam/values';
import type { IOperator, Receiver } from 'apache-beam/worker/operators';
import { Agenda } from './agenda.ts';
import type { Ledger, Receipt } from './receipts.ts';
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

/** What is remembered of a window that has fired and may fire again. */
interface Pane {
  readonly state: Slices;
  nextIndex: number;
  /** Late elements since the last pane. */
  fresh: unknown[];
  waiting: Receipt[];
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
  readonly #states = new Map<string, Slices>();
  readonly #open = new Agenda<Slices>();
  readonly #closed = new Agenda<Pane>();
  /** Messages by the end of the last window that needs something of theirs. */
  readonly #receipts = new Map<number, Receipt[]>();

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
    const { windows } = element;
    if (this.#options.assigns) {
      const ts = element.timestamp.toNumber();
      for (let copy = 0; copy < windows.length; copy += 1) this.#assign(id, state, ts, value);
    } else {
      for (const window of windows) this.#add({ id, state, start: startOf(window), value });
    }
    if (this.droppedLate > missed) this.#options.onDropped(element.value);
    if (state.isEmpty) this.#states.delete(id);
    return null;
  }

  /** Event time has come to `watermark`; call `fireNext` until it returns false. */
  rise(watermark: number): boolean {
    if (watermark <= this.watermark) return false;
    this.watermark = watermark;
    return true;
  }

  /** Fires all keys of the earliest closed window, or ends the lateness of one. False: nothing left to do. */
  fireNext(): boolean {
    const end = this.#open.next();
    if (end !== undefined && end <= this.watermark) {
      for (const [id, state] of this.#open.take()) this.#fireOnTime(end, id, state);
      for (const receipt of this.#receipts.get(end) ?? []) receipt.release();
      this.#receipts.delete(end);
      return true;
    }
    const closed = this.#closed.next();
    if (closed === undefined || !this.#isOver(closed)) return false;
    for (const [id, pane] of this.#closed.take()) {
      if (pane.fresh.length > 0 || this.#closesWithPane) this.#fireLate(closed, pane);
      this.#forget(closed, id, pane.state);
    }
    return true;
  }

  #assign(id: string, state: Slices, ts: number, value: unknown): void {
    const { sizeMs, periodMs } = this.#windowing;
    let start = newestStart(ts, this.#windowing);
    do {
      if (ts < start + sizeMs) this.#add({ id, state, start, value });
      start -= periodMs;
    } while (!this.#sliced && ts < start + sizeMs);
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
    if (last > this.watermark) this.#hold(last);
  }

  /** Some of the element's windows have closed: fires those that may still fire, in order, and sees to the first open one. */
  #addLate(element: Element, first: number, last: number): void {
    const { id, state } = element;
    let end = first;
    let isLate = false;
    for (; end <= last && end <= this.watermark; end += this.#step) {
      if (this.#isOver(end) || !this.#refire(end, element)) this.droppedLate += 1;
      else isLate = true;
    }
    if (isLate) this.late += 1;
    if (end <= last) this.#open.at(end).set(id, state);
  }

  /** False where the window takes no more elements. */
  #refire(end: number, { id, state, value }: Element): boolean {
    const known = this.#closed.peek(end, id);
    if (known !== undefined && this.#windowing.lateCount === Number.POSITIVE_INFINITY) return false;
    const pane = known ?? { state, nextIndex: 0, fresh: [], waiting: [] };
    pane.fresh.push(value);
    if (known === undefined) this.#closed.at(end).set(id, pane);
    // The first element of a window that nothing was in when it closed fires at once, whatever the count.
    if (known === undefined || pane.fresh.length >= this.#windowing.lateCount) this.#fireLate(end, pane);
    else if (this.#options.ledger.current) pane.waiting.push(this.#options.ledger.current.hold());
    return true;
  }

  #fireOnTime(end: number, id: string, state: Slices): void {
    this.#emit(end, state, state.collect(this.#from(end), end), Timing.ON_TIME, 0);
    const next = end + this.#step;
    if (this.#sliced && state.holdsAnyIn(this.#from(next), next)) this.#open.at(next).set(id, state);
    if (this.#isOver(end)) this.#forget(end, id, state);
    else this.#closed.at(end).set(id, { state, nextIndex: 1, fresh: [], waiting: [] });
  }

  #fireLate(end: number, pane: Pane): void {
    const values = this.#windowing.accumulating ? pane.state.collect(this.#from(end), end) : pane.fresh;
    const index = pane.nextIndex;
    pane.nextIndex += 1;
    pane.fresh = [];
    this.#emit(end, pane.state, values, Timing.LATE, index);
    for (const receipt of pane.waiting) receipt.release();
    pane.waiting = [];
  }

  #emit(end: number, state: Slices, values: unknown[], timing: Timing, index: number): void {
    const window = this.#windowEndingAt(end);
    const { ledger, receiver } = this.#options;
    const feeding = ledger.current;
    ledger.current = undefined;
    const isLast = this.#isOver(end) || this.#windowing.lateCount === Number.POSITIVE_INFINITY;
    receiver.receive({
      value: { key: state.key, value: values },
      windows: [window],
      timestamp: window.maxTimestamp(),
      pane: { timing, index, onTimeIndex: index, isFirst: index === 0, isLast },
    });
    ledger.current = feeding;
  }

  #forget(end: number, id: string, state: Slices): void {
    this.held -= state.dropUpTo(this.#from(end));
    if (state.isEmpty && this.#states.get(id) === state) this.#states.delete(id);
  }

  #hold(last: number): void {
    const { current } = this.#options.ledger;
    if (current === undefined) return;
    const held = this.#receipts.get(last);
    if (held === undefined) this.#receipts.set(last, [current.hold()]);
    else if (held[held.length - 1] !== current) held.push(current.hold());
  }

  /** Lateness has passed: the window fires no more. */
  #isOver(end: number): boolean {
    return end + this.#windowing.allowedLatenessMs <= this.watermark;
  }

  /** A trigger that has finished has sent its last pane already. */
  get #closesWithPane(): boolean {
    return this.#windowing.closesWithPane && this.#windowing.lateCount !== Number.POSITIVE_INFINITY;
  }

  #from(end: number): number {
    return end === Number.POSITIVE_INFINITY ? 0 : end - this.#windowing.sizeMs;
  }

  #windowEndingAt(end: number): Window {
    return windowEndingAt(end, this.#windowing.sizeMs);
  }
}
