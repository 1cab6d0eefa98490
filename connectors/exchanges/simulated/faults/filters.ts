/** Faults of single connections: each a small transformer of the frames that pass it. */
import type { Stream } from '../../market-event.ts';
import type { TwinFrame } from '../venue.ts';
import type { Fault, Tally } from './faults.ts';
import type { Delivery, Filter } from './link.ts';

export interface FilterContext {
  readonly fault: Fault;
  readonly amount: number;
  /** Unit: ms of true time. */
  readonly endMs: number;
  readonly tally: Tally;
  /** Ends the connection. */
  readonly cut: (reason: string) => void;
}

/** What the exchange keeps for a slow reader. Unit: bytes. */
const MAX_WAITING = 256 * 1024;

type MakeFilter = (context: FilterContext) => Filter;

/** Passes what it makes of each frame, never holding one back. */
function simple(pass: (delivery: Delivery) => readonly Delivery[], isOver = () => false): Filter {
  return { pass, isOver, flush: () => [] };
}

/** Acts on the next `amount` frames that it concerns. */
function counted(
  { amount }: FilterContext,
  concerns: (frame: TwinFrame) => boolean,
  act: (delivery: Delivery) => readonly Delivery[],
): Filter {
  let left = amount;
  const pass = (delivery: Delivery) => {
    if (left <= 0 || !concerns(delivery.frame)) return [delivery];
    left--;
    return act(delivery);
  };
  return simple(pass, () => left <= 0);
}

const isData = ({ kind }: TwinFrame) => kind === 'data';

function isOf({ stream, symbol }: Fault, streams: readonly Stream[], usual: Stream['kind']): boolean {
  return streams.some(
    (each) => each.kind === (stream ?? usual) && (symbol === undefined || each.symbol === symbol),
  );
}

function lose(tally: Tally, { frame }: Delivery): readonly Delivery[] {
  tally.framesLost++;
  tally.tradesWithheld += frame.trades;
  return [];
}

function delayed({ tally, endMs }: FilterContext): Filter {
  return simple((delivery) => {
    if (delivery.atMs >= endMs) return [delivery];
    tally.framesDelayed++;
    return [{ ...delivery, atMs: endMs }];
  });
}

function narrowed({ amount, tally, endMs, cut }: FilterContext): Filter {
  let freeMs = 0;
  return simple((delivery) => {
    const begin = Math.max(freeMs, delivery.atMs);
    freeMs = begin + (delivery.frame.text.length * 1_000) / amount;
    const waiting = ((freeMs - delivery.atMs) * amount) / 1_000;
    if (waiting > MAX_WAITING) {
      cut('The client reads too slowly.');
      return lose(tally, delivery);
    }
    tally.framesDelayed++;
    return [{ ...delivery, atMs: Math.max(delivery.atMs, Math.min(Math.ceil(freeMs), endMs)) }];
  });
}

/** Holds a data frame until the next one has passed. */
function reordered({ amount, tally }: FilterContext): Filter {
  let left = amount;
  let held: Delivery | null = null;
  const release = (atMs: number): readonly Delivery[] => {
    const late = held ? [{ ...held, atMs: Math.max(atMs, held.atMs) }] : [];
    held = null;
    return late;
  };
  const pass = (delivery: Delivery) => {
    if (!isData(delivery.frame)) return [delivery];
    if (held) return [delivery, ...release(delivery.atMs)];
    if (left <= 0) return [delivery];
    left--;
    tally.framesDelayed++;
    held = delivery;
    return [];
  };
  return { pass, isOver: () => left <= 0 && held === null, flush: release };
}

/** Silent until the client subscribes the stream anew. */
function dead({ fault, tally }: FilterContext): Filter {
  let isOver = false;
  const pass = (delivery: Delivery) => {
    const { kind, streams } = delivery.frame;
    if (isOver || !isOf(fault, streams, 'trades')) return [delivery];
    if (kind === 'ack') isOver = true;
    return isOver ? [delivery] : lose(tally, delivery);
  };
  return simple(pass, () => isOver);
}

function changed(tally: Tally, delivery: Delivery, text: string): readonly Delivery[] {
  tally.framesChanged++;
  return [{ ...delivery, frame: { ...delivery.frame, text } }];
}

/** Bybit's counter leaps; Kraken's checksum is another. */
function broken(text: string): string {
  return text
    .replace(/"u":(\d+)/, (_, update: string) => `"u":${Number(update) + 5}`)
    .replace(/"checksum":(\d+)/, (_, crc32: string) => `"checksum":${(Number(crc32) ^ 1) >>> 0}`);
}

/** By kind; kinds that only add frames, or cut, have none. */
export const FILTERS: Readonly<Partial<Record<Fault['kind'], MakeFilter>>> = {
  halfOpen: ({ tally }) => simple((delivery) => lose(tally, delivery)),
  stall: delayed,
  slowReader: narrowed,
  reorder: reordered,
  duplicate: (context) =>
    counted(context, isData, (delivery) => {
      context.tally.framesAdded++;
      return [delivery, delivery];
    }),
  gap: (context) =>
    counted(
      context,
      (frame) => isData(frame) && isOf(context.fault, frame.streams, 'trades'),
      (delivery) => lose(context.tally, delivery),
    ),
  deadStream: dead,
  brokenBook: (context) =>
    counted(
      context,
      (frame) => isData(frame) && isOf(context.fault, frame.streams, 'book'),
      (delivery) => changed(context.tally, delivery, broken(delivery.frame.text)),
    ),
  truncated: (context) =>
    counted(context, isData, (delivery) => {
      const { text, trades } = delivery.frame;
      context.tally.tradesWithheld += trades;
      return changed(context.tally, delivery, text.slice(0, text.length >> 1));
    }),
  lateAck: ({ amount, tally }) =>
    simple((delivery) => {
      if (delivery.frame.kind !== 'ack') return [delivery];
      tally.framesDelayed++;
      return [{ ...delivery, atMs: delivery.atMs + amount }];
    }),
};
