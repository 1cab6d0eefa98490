/** What a relay says of itself: a line that is redrawn on a terminal, and a line of the log now and then elsewhere. Pure. */

import { duration } from './figures.ts';
import type { RelayReport } from './relay-health.ts';

export interface RelayPace {
  /** Since the start. Unit: ms. */
  readonly upMs: number;
  readonly framesPerSecond: number;
  /** Written by the recorder, compressed. */
  readonly bytesPerSecond: number;
}

/** `bybit · 25/25 symbols · 2 connections · 1,234 frames/s · 210 trades/s · … · up 3 min 20 s`, below 120 columns in most cases. */
export function relayLine(report: RelayReport, { upMs, framesPerSecond, bytesPerSecond }: RelayPace): string {
  const { venue, symbols, connections, outbox, standby, recording } = report;
  const up = symbols.filter(({ connected }) => connected).length;
  const open = connections.filter(({ isOpen }) => isOpen).length;
  const parts = [
    `${venue} ${up}/${symbols.length} symbols`,
    `${open}/${connections.length} connections`,
    `${count(framesPerSecond)} frames/s`,
    `${count(sum(symbols.map(({ rate }) => rate)))} trades/s`,
  ];
  const gaps = sum(symbols.map(({ openGaps, lostGaps }) => openGaps + lostGaps));
  if (gaps > 0) parts.push(gaps === 1 ? '1 gap' : `${count(gaps)} gaps`);
  if (standby) parts.push(standby.isActive ? 'active' : 'standing by');
  if (outbox.depth > 0 && standby?.isActive !== false) parts.push(`${count(outbox.depth)} waiting`);
  if (outbox.dropped > 0) parts.push(`${count(outbox.dropped)} snapshots dropped`);
  if (recording) parts.push(recordingPart(recording, bytesPerSecond));
  parts.push(`up ${duration(upMs)}`);
  return parts.join(' · ');
}

function recordingPart(recording: NonNullable<RelayReport['recording']>, bytesPerSecond: number): string {
  if (!recording.isRecording) return 'NOT RECORDING';
  return `${bytes(recording.bytes)} on disk, ${bytes(bytesPerSecond)}/s`;
}

/** Of the log, for machines. */
export function relayFields(report: RelayReport, { framesPerSecond }: RelayPace) {
  const { venue, symbols, connections, outbox, reconnects, recording, clockOffsetMs, unreadableFrames } =
    report;
  return {
    venue,
    symbols: symbols.length,
    connected: symbols.filter(({ connected }) => connected).length,
    connections: connections.filter(({ isOpen }) => isOpen).length,
    framesPerSecond: Math.round(framesPerSecond),
    tradesPerSecond: Math.round(sum(symbols.map(({ rate }) => rate))),
    openGaps: sum(symbols.map(({ openGaps }) => openGaps)),
    lostGaps: sum(symbols.map(({ lostGaps }) => lostGaps)),
    reconnects,
    clockOffsetMs,
    unreadableFrames,
    waiting: outbox.depth,
    dropped: outbox.dropped,
    ...(recording ? { recordedBytes: recording.bytes } : {}),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function count(n: number): string {
  return Math.round(n).toLocaleString('en-US');
}

function bytes(n: number): string {
  if (n < 1e3) return `${Math.round(n)} B`;
  if (n < 1e6) return `${(n / 1e3).toFixed(1)} kB`;
  if (n < 1e9) return `${(n / 1e6).toFixed(1)} MB`;
  return `${(n / 1e9).toFixed(2)} GB`;
}
