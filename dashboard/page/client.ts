/** Asks the server. */
import type { Answer, Route } from './wire.ts';

/** Which market is looked at: the one that runs, or the recording that is played. */
export type Source = 'live' | 'replay';

/** Of a market rather than of the page. */
const OF_MARKET = /^\/api\/(overview|candles|levels|features|signals|positions|equity|feed|events)/;

/** Path of a route in a market; `:id` is taken from the query. */
export function urlOf(
  source: Source,
  route: string,
  query: Readonly<Record<string, string | number>> = {},
): string {
  const { id, ...rest } = query;
  const path = source === 'replay' && OF_MARKET.test(route) ? route.replace('/api', '/api/replay') : route;
  const words = new URLSearchParams(Object.entries(rest).map(([name, value]) => [name, String(value)]));
  const search = words.size === 0 ? '' : `?${words}`;
  return `${path.replace(':id', encodeURIComponent(id ?? ''))}${search}`;
}

/** @throws Error with the server's own words where it does not answer with what was asked. */
export async function ask<R extends Route>(
  source: Source,
  route: R,
  query: Readonly<Record<string, string | number>> = {},
): Promise<Answer<R>> {
  return answerOf(await fetch(urlOf(source, route, query)));
}

/** @throws Error as `ask`. */
export async function post<T>(path: string, body: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  return answerOf(await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) }));
}

async function answerOf<T>(response: Response): Promise<T> {
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body as T;
  const problem = (body as { error?: string } | null)?.error;
  throw new Error(problem ?? `The server answered ${response.status} ${response.statusText}.`);
}
