/** What each path is about. The guard has let the request pass. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { Clock } from '../../connectors/clock/port.ts';
import { jsonOf } from '../../functions/request-body.ts';
import { Login, ReplayOrder, Replays, ROUTES, Session } from '../api.ts';
import { answer, type MarketRoute } from '../market/answers.ts';
import type { Market } from '../market/market.ts';
import { drawSignal } from '../market/signal-answers.ts';
import type { ReplayDesk } from '../replay/replay-desk.ts';
import { HttpProblem, sendAsset, sendJson, sendPng } from './answer.ts';
import type { Asset } from './assets.ts';
import type { EventStream } from './event-stream.ts';
import { type Access, isOurOrigin } from './security.ts';

/** A market with those who follow it. */
export interface Shown {
  readonly market: Market;
  readonly stream: EventStream;
}

export interface RouterOptions {
  readonly live: Shown;
  readonly replays: ReplayDesk;
  readonly access: Access;
  readonly assets: ReadonlyMap<string, Asset>;
  readonly clock: Clock;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly query: URLSearchParams;
}

const SIGNAL = /^\/api\/signals\/([^/]{1,512})$/;
const CHART = /^\/charts\/([^/]{1,512})\.png$/;
/** Of the longest body that is wanted, several times over. */
const MOST_BYTES = 8_192;
const PUBLIC: readonly string[] = ['/api/session', '/api/login', '/api/logout'];

export class Router {
  readonly #options: RouterOptions;

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  /** @throws What `sendProblem` tells. */
  async route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.parse(request.url ?? '/', 'http://here');
    if (url === null) throw new HttpProblem(400, 'Expected a path, got something else.');
    const { pathname: path, searchParams: query } = url;
    const exchange = { request, response, path, query };
    const asset = this.#options.assets.get(path);
    if (asset !== undefined) {
      expectMethod(request, ['GET', 'HEAD']);
      return sendAsset(request, response, asset);
    }
    expectOurPage(request);
    this.#expectAccess(exchange);
    if (request.method === 'POST') return this.#post(exchange);
    expectMethod(request, ['GET', 'HEAD']);
    await this.#get(exchange);
  }

  #expectAccess({ request, path }: Exchange): void {
    const { access, clock } = this.#options;
    if (PUBLIC.includes(path) || access.isGranted(request.headers, clock.now())) return;
    throw new HttpProblem(401, 'Expected the token of this dashboard, got none that is right. Log in.', {
      'www-authenticate': 'Bearer',
    });
  }

  async #get(exchange: Exchange): Promise<void> {
    const { request, response, path } = exchange;
    if (path === '/api/session') return sendJson(request, response, Session, this.#session(request));
    if (path === '/api/replays')
      return sendJson(request, response, Replays, await this.#options.replays.list());
    const chart = CHART.exec(path);
    if (chart !== null)
      return sendPng(request, response, await drawSignal(this.#options.live.market, decoded(chart[1]!)));
    if (path.startsWith('/api/replay/')) {
      const shown = this.#options.replays.shown();
      if (shown === null) throw new HttpProblem(404, 'Expected a replay, got none that plays. Start one.');
      return ask(shown, { ...exchange, path: path.replace('/api/replay/', '/api/') });
    }
    return ask(this.#options.live, exchange);
  }

  async #post({ request, response, path }: Exchange): Promise<void> {
    const { access, clock, replays } = this.#options;
    expectJson(request);
    switch (path) {
      case '/api/login': {
        const { token } = Login.parse(await jsonOf(request, MOST_BYTES));
        if (!access.isToken(token))
          throw new HttpProblem(401, 'Expected the token of this dashboard, got another.');
        response.setHeader('set-cookie', access.cookie(clock.now()));
        return sendJson(request, response, Session, { needed: true, ok: true });
      }
      case '/api/logout':
        response.setHeader('set-cookie', access.cookie(null));
        return sendJson(request, response, Session, { needed: access.isNeeded, ok: !access.isNeeded });
      case '/api/replays':
        await replays.start(ReplayOrder.parse(await jsonOf(request, MOST_BYTES)));
        return sendJson(request, response, Replays, await replays.list());
      case '/api/replays/stop':
        await replays.stop();
        return sendJson(request, response, Replays, await replays.list());
      default:
        throw notFound(path);
    }
  }

  #session({ headers }: IncomingMessage) {
    const { access, clock } = this.#options;
    return { needed: access.isNeeded, ok: access.isGranted(headers, clock.now()) };
  }
}

async function ask({ market, stream }: Shown, { request, response, path, query }: Exchange): Promise<void> {
  if (path === '/api/events') {
    expectMethod(request, ['GET']);
    const last = String(request.headers['last-event-id'] ?? query.get('after') ?? '');
    if (stream.serve(request, response, placeOf(last, market.log.last))) return;
    throw new HttpProblem(503, 'Expected fewer pages that follow at once. Close some.', {
      'retry-after': '10',
    });
  }
  const [, id] = SIGNAL.exec(path) ?? [];
  const route = id === undefined ? path : '/api/signals/:id';
  if (!isMarketRoute(route)) throw notFound(path);
  const words = ROUTES[route].query.parse(Object.fromEntries(query)) as z.output<
    (typeof ROUTES)[typeof route]['query']
  >;
  await sendJson(
    request,
    response,
    ROUTES[route].answer,
    await answer(market, route, words as never, decoded(id ?? '')),
  );
}

/** What is no id is none of this log, so that its page asks anew. */
function placeOf(last: string, newest: number): number {
  if (last === '') return newest;
  return /^\d{1,16}$/.test(last) ? Number(last) : -1;
}

function isMarketRoute(path: string): path is MarketRoute {
  return Object.hasOwn(ROUTES, path) && path !== '/api/session' && path !== '/api/replays';
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new HttpProblem(400, 'Expected an encoded id in the path, got something else.');
  }
}

function expectMethod({ method }: IncomingMessage, methods: readonly string[]): void {
  if (methods.includes(method ?? '')) return;
  throw new HttpProblem(405, `Expected ${methods.join(' or ')}, got ${method}.`, {
    allow: methods.join(', '),
  });
}

/** Others could not read the answer, and yet have us work for it. */
function expectOurPage({ headers }: IncomingMessage): void {
  if (!isOurOrigin(headers))
    throw new HttpProblem(403, 'Expected a request of this page, got one of another.');
}

/** A page of others can send a form here, but no JSON. */
function expectJson({ headers }: IncomingMessage): void {
  if (/^application\/json\b/.test(headers['content-type'] ?? '')) return;
  throw new HttpProblem(415, `Expected application/json, got ${headers['content-type'] ?? 'nothing'}.`);
}

function notFound(path: string): HttpProblem {
  return new HttpProblem(404, `Expected a path of this dashboard, got "${path.slice(0, 200)}".`);
}
