/** The recordings that may be replayed: what lies in the folders that were named, and nothing else. */
import type { Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, relative } from 'node:path';
import { parseSegmentName } from '../../connectors/journal/segment-name.ts';
import { VENUES, type Venue } from '../../schemas/primitives.ts';
import type { Recording } from '../api.ts';

export interface FoundRecording extends Recording {
  readonly path: string;
  readonly venue: Venue;
  /** Of a file of trades. */
  readonly symbol: string | null;
}

const TRADES = /\.(parquet|(csv|ndjson)(\.gz)?)$/i;
/** `BTCUSDT-2026-01.csv.gz`, `binance-BTCUSDT.parquet`: the venue is bybit where the name begins with none. */
const NAME = new RegExp(`^(?:(${VENUES.join('|')})[-_.])?([A-Z0-9]{2,32})(?=[-_.])`, 'i');

/** By name; a folder that cannot be read holds none, and of two with one name the first counts. */
export async function findRecordings(folders: readonly string[]): Promise<FoundRecording[]> {
  const found = new Map<string, FoundRecording>();
  for (const folder of folders) {
    const names = [...(await namesIn(folder))].sort();
    const own = [
      await framesIn(folder, folder),
      ...(await Promise.all(names.map((name) => recordingIn(folder, name)))),
    ];
    for (const recording of own)
      if (recording && !found.has(recording.id)) found.set(recording.id, recording);
  }
  return [...found.values()];
}

async function recordingIn(folder: string, name: string): Promise<FoundRecording | null> {
  const path = join(folder, name);
  const about = await within(folder, path);
  if (about?.isDirectory()) return framesIn(folder, path);
  const [, venue = 'bybit', symbol] = NAME.exec(name) ?? [];
  if (!about?.isFile() || !TRADES.test(name) || symbol === undefined) return null;
  const of = { venue: venue.toLowerCase() as Venue, symbol: symbol.toUpperCase() };
  return { id: name, kind: 'trades', bytes: about.size, path, ...of };
}

/** What `cst record` wrote: a folder of segments for each venue. Of several venues the first is replayed. */
async function framesIn(folder: string, path: string): Promise<FoundRecording | null> {
  for (const venue of VENUES) {
    const names = await namesIn(join(path, venue));
    if (!names.some((name) => parseSegmentName(name) !== undefined)) continue;
    const files = await Promise.all(names.map((name) => within(folder, join(path, venue, name))));
    if (files.includes(null)) return null;
    const bytes = names.reduce((sum, name, i) => sum + (parseSegmentName(name) ? files[i]!.size : 0), 0);
    return { id: basename(path), kind: 'frames', bytes, path, venue, symbol: null };
  }
  return null;
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

/** Null where it is not there, or a link leads out of the folder: what was not named is nobody's to see. */
async function within(folder: string, path: string): Promise<Stats | null> {
  try {
    const way = relative(await realpath(folder), await realpath(path));
    return way.startsWith('..') || isAbsolute(way) ? null : await stat(path);
  } catch {
    return null;
  }
}
