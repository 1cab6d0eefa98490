/** Whether a running graph is well. */
import { type StatusAddress, type StatusServer, serveStatus } from './status-server.ts';

export interface Health {
  readonly state: 'warming' | 'running' | 'stopping';
  /** Event time that all steps have come to. Unit: ms since the epoch; null before the first. */
  readonly watermarkMs: number | null;
  /** When something was last published. */
  readonly lastPublishMs: number | null;
  /** Messages that wait; null where the bus cannot know. */
  readonly backlog: number | null;
  readonly nowMs: number;
}

/** A watermark older than this is no longer live: the feed is down, or a backlog is being read. Unit: ms. */
const LIVE_WITHIN_MS = 180_000;

/** 200 while event time keeps up with the clock. @throws UpstreamError where the port is taken. */
export function serveHealth(
  read: () => Health,
  address: StatusAddress,
  metrics?: () => Promise<string>,
): Promise<StatusServer> {
  const health = () => {
    const now = read();
    return { isWell: isWell(now), body: bodyOf(now) };
  };
  return serveStatus({ health, ...(metrics && { metrics }) }, address);
}

/** It runs, and event time keeps up with the clock. */
export function isWell({ state, watermarkMs, nowMs }: Health): boolean {
  return state === 'running' && watermarkMs !== null && nowMs - watermarkMs <= LIVE_WITHIN_MS;
}

function bodyOf(health: Health) {
  const { state, watermarkMs, lastPublishMs, backlog, nowMs } = health;
  const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  return {
    status: isWell(health) ? 'ok' : 'behind',
    state,
    watermark: iso(watermarkMs),
    watermarkAgeMs: watermarkMs === null ? null : nowMs - watermarkMs,
    lastPublish: iso(lastPublishMs),
    lastPublishAgeMs: lastPublishMs === null ? null : nowMs - lastPublishMs,
    backlog,
  };
}
