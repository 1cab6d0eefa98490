/** What settings ask of machine, exchange and accounts. Pure. */
import { venueAdapter } from '../../connectors/exchanges/adapters.ts';
import type { VenueAdapter } from '../../connectors/exchanges/venue.ts';
import { VENUES, type Venue } from '../../schemas/primitives.ts';
import { at } from '../config/layers.ts';
import { DASHBOARD_KEYS, type Settings } from '../config/schema.ts';
import { type Finding, found } from './finding.ts';
import type { SecretNeeds } from './secrets.ts';

/** With the sections of commands. */
export type AllSettings = Settings & Record<string, unknown>;

export function needsOf(settings: AllSettings): SecretNeeds {
  const flags = Object.entries(DASHBOARD_KEYS).map(([key, flag]) => [flag, at(settings, ['dashboard', key])]);
  return {
    dashboard: Object.fromEntries(flags.filter(([, value]) => value !== undefined)),
    telegram: settings.telegram,
    broker: settings.broker,
    hasAccount: settings.desk.books.some(({ execution }) => execution === 'broker'),
  };
}

/** Folders of stacks. @param named The only one, where it was named. */
export function dirsOf(settings: AllSettings, named: string | undefined): string[] {
  if (named !== undefined) return [named];
  const [start = '.cst', ...others] = ['start', 'run', 'relay'].map((verb) =>
    textAt(settings, `${verb}.dir`),
  );
  return [...new Set([start, ...others.flatMap((dir) => dir ?? [])])];
}

/** Folders that are written to, recordings among them. */
export function writtenDirsOf(settings: AllSettings, dirs: readonly string[]): string[] {
  const recordings = ['start.record', 'run.record', 'relay.record', 'relay.spill', 'record.out'];
  return [...new Set([...dirs, ...recordings.flatMap((path) => textAt(settings, path) ?? [])])];
}

/** What the relay reads, where the settings say it; else Bybit, as every stack does. */
export function exchangeOf(settings: AllSettings): VenueAdapter {
  const [wsUrl, restUrl] = [textAt(settings, 'relay.wsUrl'), textAt(settings, 'relay.restUrl')];
  return venueAdapter(relayVenue(settings), { ...(wsUrl && { wsUrl }), ...(restUrl && { restUrl }) });
}

function relayVenue(settings: AllSettings): Venue {
  const named = textAt(settings, 'relay.venue')?.toLowerCase();
  return VENUES.find((venue) => venue === named) ?? 'bybit';
}

export function projectOf(settings: AllSettings): string | undefined {
  return textAt(settings, 'run.project') ?? textAt(settings, 'relay.project');
}

/** The desk goes by the prices of one venue, and takes no notice of others. */
export function venueFinding(settings: AllSettings): Finding[] {
  const [desk, relay] = [settings.desk.venue, relayVenue(settings)];
  if (desk === relay) return [];
  return [
    found('settings', 'warning', {
      what: `desk.venue is ${desk}, and relay.venue is ${relay}`,
      why: `The desk enters at prices of ${desk} alone: it would see none, and enter nothing.`,
      remedy: `set desk.venue to ${relay}; or, where it is cst relay that feeds it, relay.venue to ${desk}`,
    }),
  ];
}

function textAt(settings: AllSettings, path: string): string | undefined {
  const value = at(settings, path.split('.'));
  return typeof value === 'string' && value !== '' ? value : undefined;
}
