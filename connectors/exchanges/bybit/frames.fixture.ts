/** Frames for tests: small ones made by hand in Bybit's form, and the reader of real captures. */
import { readFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';

export const CAPTURE = 'frames/bybit-v5-linear-2026-08-09.jsonl.zst';
export const CONTROL = 'frames/bybit-v5-control.jsonl';

export interface TradeWire {
  readonly T: unknown;
  readonly s: unknown;
  readonly S: unknown;
  readonly v: unknown;
  readonly p: unknown;
  readonly i: unknown;
  readonly seq: unknown;
}

export function tradeWire(known: Partial<TradeWire> = {}): TradeWire {
  return { T: 1_700_000_000_000, s: 'BTCUSDT', S: 'Buy', v: '0.5', p: '100.10', i: 'a', seq: 7, ...known };
}

export function tradeText(
  data: readonly unknown[],
  symbol = 'BTCUSDT',
  ts: unknown = 1_700_000_000_001,
): string {
  return JSON.stringify({ topic: `publicTrade.${symbol}`, type: 'snapshot', ts, data });
}

export interface CapturedFrame {
  /** When it was received. Unit: ms since the epoch. */
  readonly ms: number;
  readonly text: string;
}

/** Received texts of a capture, in order; `connection` 2 is linear, 3 spot. */
export function capturedFrames(file: string, connection: 2 | 3): string[] {
  return timedFrames(file, connection).map(({ text }) => text);
}

/** The same with their times. */
export function timedFrames(file: string, connection: 2 | 3): CapturedFrame[] {
  return linesOf(file)
    .filter(({ t, conn }) => t === 'recv' && conn === `BYBIT.ws.${connection}`)
    .map(({ ts, data }) => ({ ms: ts * 1_000, text: data }));
}

/** REST answers of a capture, parsed, in order: instruments-info of linear, then of spot. */
export function capturedRest(file: string): unknown[] {
  return linesOf(file)
    .filter(({ t }) => t === 'http')
    .map(({ data }) => JSON.parse(data) as unknown);
}

interface CaptureLine {
  readonly t: string;
  readonly conn: string;
  readonly ts: number;
  readonly data: string;
}

function linesOf(file: string): CaptureLine[] {
  return zstdDecompressSync(readFileSync(file))
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as CaptureLine);
}

/** Control frames with what each of them is; lines that only describe are left out. */
export function controlFrames(file: string): { readonly what: string; readonly frame: string }[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { what: string; frame: unknown })
    .filter(({ frame }) => frame !== null)
    .map(({ what, frame }) => ({ what, frame: JSON.stringify(frame) }));
}
