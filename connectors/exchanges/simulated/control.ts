/** How programs of any language make an exchange twin fail, and ask what is true: JSON over HTTP from this machine. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { ConfigError, messageOf } from '../../../schemas/errors.ts';
import { MINUTE_MS } from '../../../schemas/primitives.ts';
import type { Clock } from '../../clock/port.ts';
import { chaosSchedule } from './faults/chaos.ts';
import { FAULT_KINDS, Fault, type FaultKind } from './faults/faults.ts';
import type { ExchangeTwin, FaultReport } from './twin.ts';
import type { TwinVenueName } from './venue.ts';

/** What of a running twin is controlled. */
export interface Controlled {
  readonly twins: Readonly<Record<TwinVenueName, ExchangeTwin>>;
  address(venue: TwinVenueName): { readonly wsUrl: string; readonly restUrl: string };
  inject(faults: readonly Fault[]): void;
  report(): FaultReport[];
}

/** Path of the control endpoint. */
export const CONTROL = '/twin';
const MAX_BODY = 8 * 1024 * 1024;
const MAX_MINUTES = 10_000;
const MAX_FAULTS = 100_000;
const VENUES: readonly TwinVenueName[] = ['bybit', 'kraken'];

const Chaos = z
  .strictObject({
    seed: z.int(),
    hours: z.number().positive().max(2_400),
    perHour: z.number().positive().max(100_000),
    kinds: z
      .array(z.enum(FAULT_KINDS as [FaultKind, ...FaultKind[]]))
      .min(1)
      .optional(),
    /** Default: all that the twin lists. */
    symbols: z.partialRecord(z.enum(['bybit', 'kraken']), z.array(z.string())).optional(),
  })
  .refine(({ hours, perHour }) => hours * perHour <= MAX_FAULTS, `expected at most ${MAX_FAULTS} faults`);
const Posted = z.union([
  z.array(Fault).max(MAX_FAULTS),
  z.strictObject({ faults: z.array(Fault).max(MAX_FAULTS) }),
  z.strictObject({ chaos: Chaos }),
]);
const TruthQuery = z.object({
  venue: z.enum(['bybit', 'kraken']),
  symbol: z.string(),
  from: z.coerce.number().int().nonnegative(),
  to: z.coerce.number().int().nonnegative(),
});

interface Told {
  readonly status: number;
  readonly body: unknown;
}

export async function answerControl(
  twin: Controlled,
  clock: Clock,
  request: IncomingMessage,
  url: URL,
  response: ServerResponse,
): Promise<void> {
  const { status, body } = isFromHere(request)
    ? await told(twin, clock, request, url).catch(problem)
    : { status: 403, body: { error: 'The control endpoint serves this machine alone.' } };
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** By its address, and not sent on by a page in a browser, which names another host. */
function isFromHere({ socket, headers }: IncomingMessage): boolean {
  const isLocal = /^(?:::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '');
  const isNamed = /^(?:127\.[\d.]+|localhost|\[::1\])(?::\d+)?$/.test(headers.host ?? '');
  return isLocal && isNamed && headers.origin === undefined;
}

async function told(twin: Controlled, clock: Clock, request: IncomingMessage, url: URL): Promise<Told> {
  switch (`${request.method} ${url.pathname.slice(CONTROL.length)}`) {
    case 'GET ':
      return { status: 200, body: overview(twin, clock) };
    case 'GET /faults':
      return { status: 200, body: { faults: twin.report() } };
    case 'POST /faults':
      return inject(twin, JSON.parse(await bodyOf(request)));
    case 'DELETE /faults':
      for (const venue of VENUES) twin.twins[venue].clearSchedule();
      return { status: 200, body: { faults: twin.report() } };
    case 'GET /truth':
      return { status: 200, body: { bars: truth(twin, url) } };
    default:
      return {
        status: 404,
        body: {
          error: `Expected GET ${CONTROL}, GET, POST or DELETE ${CONTROL}/faults, or GET ${CONTROL}/truth.`,
        },
      };
  }
}

function problem(error: unknown): Told {
  const isTheirs =
    error instanceof z.ZodError || error instanceof SyntaxError || error instanceof ConfigError;
  const text = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
  return { status: isTheirs ? 400 : 500, body: { error: text } };
}

function overview(twin: Controlled, clock: Clock): unknown {
  const venues = VENUES.map((venue) => {
    const { symbols, connections } = twin.twins[venue];
    return [venue, { ...twin.address(venue), symbols, connections }] as const;
  });
  return { nowMs: Math.floor(clock.now()), venues: Object.fromEntries(venues) };
}

function inject(twin: Controlled, posted: unknown): Told {
  const wanted = Posted.parse(posted);
  const faults = Array.isArray(wanted)
    ? wanted
    : 'faults' in wanted
      ? wanted.faults
      : chaos(twin, wanted.chaos);
  twin.inject(faults);
  return { status: 202, body: { accepted: faults.length, faults } };
}

function chaos(twin: Controlled, { kinds, symbols, ...rest }: z.output<typeof Chaos>): Fault[] {
  const listed = { bybit: twin.twins.bybit.symbols, kraken: twin.twins.kraken.symbols };
  return chaosSchedule({ ...rest, ...(kinds && { kinds }), symbols: symbols ?? listed });
}

/** Minutes that open in [from, to). */
function truth(twin: Controlled, url: URL): unknown[] {
  const { venue, symbol, from, to } = TruthQuery.parse(Object.fromEntries(url.searchParams));
  const [first, end] = [Math.ceil(from / MINUTE_MS), Math.ceil(to / MINUTE_MS)];
  if (end - first > MAX_MINUTES)
    throw new ConfigError(`Expected at most ${MAX_MINUTES} minutes, got ${end - first}.`);
  return Array.from({ length: Math.max(0, end - first) }, (_, i) =>
    twin.twins[venue].truth(symbol, first + i),
  );
}

/** @throws ConfigError where it is too long. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY) throw new ConfigError(`Expected at most ${MAX_BODY} bytes, got more.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
