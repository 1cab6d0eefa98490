/** Follows the server's events, over drops of the connection and restarts of the server. */
import { type Source, urlOf } from './client.ts';
import type { EventName, EventWire } from './wire.ts';

export type LinkState = 'connecting' | 'live' | 'reconnecting';

export type Handlers = { readonly [N in EventName]: (data: EventWire<N>) => void };

export interface StreamOptions {
  readonly source: Source;
  /** Newest event that is known already. */
  readonly after: number;
  readonly handlers: Handlers;
  readonly onState: (state: LinkState) => void;
  /** The server answers, but not with events: it wants a token, or has too many readers. */
  readonly onRefused: () => void;
}

/** The server tells its status each second: a connection without news for longer than this is dead. Unit: checks. */
const SILENT_CHECKS = 6;
const CHECK_MS = 1_000;

/** Ends at the returned function. */
export function follow({ source, after, handlers, onState, onRefused }: StreamOptions): () => void {
  let last = String(after);
  let silent = 0;
  let events: EventSource | null = null;

  const open = () => {
    silent = 0;
    events?.close();
    events = new EventSource(urlOf(source, '/api/events', { after: last }));
    for (const name of Object.keys(handlers) as EventName[])
      events.addEventListener(name, (e) => take(name, e));
    events.onerror = () => {
      onState('reconnecting');
      // The browser itself tries again after a drop, but never after an answer such as 503.
      if (events?.readyState === EventSource.CLOSED) onRefused();
    };
  };
  const take = <N extends EventName>(name: N, { lastEventId, data }: MessageEvent<string>) => {
    silent = 0;
    if (lastEventId !== '') last = lastEventId;
    onState('live');
    handlers[name](JSON.parse(data));
  };
  const watch = setInterval(() => {
    silent += 1;
    if (silent < SILENT_CHECKS) return;
    onState('reconnecting');
    open();
  }, CHECK_MS);

  open();
  return () => {
    clearInterval(watch);
    events?.close();
  };
}
