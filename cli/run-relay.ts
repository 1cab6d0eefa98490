/** What `cst relay` and `cst record` do: one venue's feed as a service, until it is asked to stop. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedBus } from '../connectors/bus/embedded.ts';
import type { MessageBus } from '../connectors/bus/port.ts';
import { systemClock } from '../connectors/clock/system.ts';
import { within } from '../connectors/clock/within.ts';
import { venueAdapter } from '../connectors/exchanges/adapters.ts';
import type { Retention } from '../connectors/journal/segment-writer.ts';
import { openGcsLease } from '../connectors/lease/gcs.ts';
import type { Lease } from '../connectors/lease/port.ts';
import { openSqliteLease } from '../connectors/lease/sqlite.ts';
import { ConfigError } from '../schemas/errors.ts';
import type { Venue } from '../schemas/primitives.ts';
import { EXIT } from './errors.ts';
import { statusAddressOf } from './flags.ts';
import { fallbackSymbols } from './market-source.ts';
import type { FeedFlags, RecordFlags, RelayFlags } from './relay-flags.ts';
import { type RelayPace, relayFields, relayLine } from './relay-line.ts';
import { type Screen, screenOf } from './relay-screen.ts';
import { RelayService, type RelayServiceOptions } from './relay-service.ts';
import { untilStopRequest } from './stop-request.ts';
import { universeOptionsOf } from './universe-flag.ts';
import { version } from './version.ts';

/** Of Cloud Run and the emulator; a flag wins. */
const { GOOGLE_CLOUD_PROJECT, PUBSUB_EMULATOR_HOST } = process.env;
const REDRAW_MS = 500;
/** Between lines of the log where there is no terminal. */
const TELL_EVERY_MS = 60_000;
const GB = 1e9;
const GIVE_UP_MS = 3_000;

type Common = Omit<RelayServiceOptions, 'bus' | 'spillDir' | 'record' | 'lease' | 'log'>;

export async function runRelay(flags: RelayFlags): Promise<void> {
  const common = commonOf(flags);
  const { bus } = flags;
  const lease = leaseOf(flags.lease);
  const openBus = bus === 'pubsub' ? pubSubOf(flags) : () => embeddedOf(flags);
  const spillDir = flags.spill ?? (bus === 'embedded' ? join(flags.dir, 'spill') : null);
  const retention = retentionOf(flags, flags.record !== undefined);
  const record = flags.record === undefined ? null : { dir: flags.record, retention };
  await serve(common, flags, RELAYING, async () => {
    return { bus: await openBus(), spillDir, record, lease: lease() };
  });
}

export async function runRecord(flags: RecordFlags): Promise<void> {
  const common = commonOf(flags);
  if (!flags.out?.trim()) throw new ConfigError('Expected the flag --out, e.g. --out frames.');
  const record = { dir: flags.out, retention: retentionOf(flags, true), isVital: true };
  await serve(common, flags, RECORDING, async () => ({ bus: NOWHERE, spillDir: null, record, lease: null }));
}

const RELAYING = { verb: 'Relaying', done: 'what was received is published' };
const RECORDING = { verb: 'Recording', done: 'what was received is written' };

/** What is only recorded is not published. */
const NOWHERE = { publish: async () => {}, close: async () => {} };

async function serve(
  common: Common,
  flags: FeedFlags,
  { verb, done }: typeof RELAYING,
  open: () => Promise<Pick<RelayServiceOptions, 'bus' | 'spillDir' | 'record' | 'lease'>>,
): Promise<void> {
  const stopAfterMs = flags.for === undefined ? undefined : flags.for * 1_000;
  await untilStopRequest(async (stopAsked) => {
    const screen = screenOf(process.stderr);
    const opening = open().then((parts) => RelayService.open({ ...common, ...parts, log: screen.log }));
    const service = await Promise.race([opening, stopAsked]);
    if (!service) return neverOpened(opening);
    screen.log(
      'INFO',
      `${verb} ${common.adapter.venue}; health at ${service.url}healthz, metrics at ${service.url}metrics.`,
    );
    const over = new AbortController();
    const telling = tell(service, screen, over.signal);
    try {
      await Promise.race([stopAsked, service.failed]);
    } finally {
      over.abort();
      const line = await telling;
      screen.close();
      screen.log('INFO', `Stopping: ${line}.`);
      await service.stop();
    }
    screen.log('INFO', `Stopped: ${done}.`);
  }, stopAfterMs);
}

/** Asked to stop while it was being opened: a folder or an exchange that does not answer must not hold it. */
async function neverOpened(opening: Promise<RelayService>): Promise<void> {
  if (
    await within(
      systemClock,
      GIVE_UP_MS,
      opening.then((service) => service.stop()),
    )
  )
    return;
  process.stderr.write('Stopped before it had begun.\n');
  process.exit(EXIT.error);
}

/** Redraws or logs until told to stop; resolves with the last line. */
async function tell(service: RelayService, screen: Screen, signal: AbortSignal): Promise<string> {
  const startedMs = systemClock.now();
  const everyMs = screen.isLive ? REDRAW_MS : TELL_EVERY_MS;
  let mark = { ms: startedMs, frames: 0, bytes: 0 };
  let pace: RelayPace = { upMs: 0, framesPerSecond: 0, bytesPerSecond: 0 };
  for (;;) {
    await systemClock.until(systemClock.now() + everyMs, signal);
    const now = systemClock.now();
    const report = service.report();
    const bytes = report.recording?.bytes ?? 0;
    const seconds = (now - mark.ms) / 1_000;
    // A rate over less than some seconds flickers, since blocks are written every two.
    if (seconds >= 5 || mark.ms === startedMs) {
      const framesPerSecond = (service.frames - mark.frames) / Math.max(seconds, 0.001);
      pace = { upMs: 0, framesPerSecond, bytesPerSecond: (bytes - mark.bytes) / Math.max(seconds, 0.001) };
      if (seconds >= 5) mark = { ms: now, frames: service.frames, bytes };
    }
    const line = relayLine(report, { ...pace, upMs: now - startedMs });
    if (signal.aborted) return line;
    screen.tell(line, relayFields(report, pace));
  }
}

function commonOf(flags: FeedFlags): Common {
  const { venue, copies, wsUrl, restUrl } = flags;
  checkUrl('--ws-url', wsUrl, ['ws://', 'wss://']);
  checkUrl('--rest-url', restUrl, ['http://', 'https://']);
  const adapter = venueAdapter(venue, { ...(wsUrl ? { wsUrl } : {}), ...(restUrl ? { restUrl } : {}) });
  return {
    adapter,
    follow: followOf(flags, venue),
    clock: systemClock,
    copies,
    code: version(),
    status: statusAddressOf(flags.healthPort),
    environment: process.env,
  };
}

function checkUrl(flag: string, url: string | undefined, beginnings: readonly string[]): void {
  if (url === undefined) return;
  if (!URL.canParse(url)) throw new ConfigError(`Expected ${flag} as a URL, got "${url}".`);
  if (beginnings.some((beginning) => url.toLowerCase().startsWith(beginning))) return;
  throw new ConfigError(`Expected ${flag} with ${beginnings.join(' or ')}, got "${url}".`);
}

function followOf({ symbols, universe }: FeedFlags, venue: Venue): RelayServiceOptions['follow'] {
  if (symbols && universe !== undefined) throw new ConfigError('Expected --symbols or --universe, got both.');
  if (symbols) return symbols;
  const fallback = fallbackSymbols(venue);
  if (venue === 'kraken') {
    if (universe === undefined) return fallback;
    throw new ConfigError(
      'Expected --symbols with --venue kraken, got --universe: Kraken has spot pairs, and a universe is of perpetuals.',
    );
  }
  return { universe: universeOptionsOf(universe), fallback };
}

function retentionOf({ keepDays, keepGb }: FeedFlags, isRecording: boolean): Retention {
  if (!isRecording && (keepDays ?? keepGb) !== undefined) {
    throw new ConfigError('Expected --record with --keep-days and --keep-gb, got none.');
  }
  return {
    ...(keepDays === undefined ? {} : { maxDays: keepDays }),
    ...(keepGb === undefined ? {} : { maxBytes: keepGb * GB }),
  };
}

function embeddedOf({ project, create, dir }: RelayFlags): Promise<MessageBus> {
  if (project !== undefined || create) {
    throw new ConfigError(
      `Expected ${project === undefined ? '--create' : '--project'} with --bus pubsub, got --bus embedded.`,
    );
  }
  return openEmbeddedBus({ dir: join(dir, 'bus'), clock: systemClock });
}

/** Checked at once; opened, and its packages loaded, when needed. */
function pubSubOf(flags: RelayFlags): () => Promise<MessageBus> {
  const project = flags.project ?? GOOGLE_CLOUD_PROJECT;
  if (!project?.trim()) {
    throw new ConfigError('Expected --project with --bus pubsub, or GOOGLE_CLOUD_PROJECT, got neither.');
  }
  const create = (flags.create ?? Boolean(PUBSUB_EMULATOR_HOST)) ? 'missing' : 'never';
  const endpoint = PUBSUB_EMULATOR_HOST || undefined;
  return async () => {
    const { openPubSubBus } = await import('../connectors/bus/pubsub.ts');
    return openPubSubBus({ project, endpoint, create, clock: systemClock });
  };
}

/** Checked at once; opened when needed. */
function leaseOf(text: string | undefined): () => { port: Lease; holder: string } | null {
  if (text === undefined) return () => null;
  const holder = `${hostname()}-${process.pid} ${new Date(systemClock.now()).toISOString()}`;
  const [, path] = /^file:(.+)$/.exec(text) ?? [];
  if (path) return () => ({ port: openSqliteLease({ path, clock: systemClock }), holder });
  if (/^gs:\/\/[^/]+\/.+$/.test(text)) {
    return () => ({ port: openGcsLease({ url: text, clock: systemClock }), holder });
  }
  throw new ConfigError(`Expected --lease as file:PATH or gs://BUCKET/OBJECT, got "${text}".`);
}
