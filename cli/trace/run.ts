/** What `cst trace` does: finds what was kept of a signal's way, and shows it. */
import { join } from 'node:path';
import { styleText } from 'node:util';
import { readSpans, SPAN_FILE } from '../../connectors/telemetry/span-file.ts';
import { NotFoundError } from '../../schemas/errors.ts';
import { printable } from '../printable.ts';
import { foldersWith } from '../stack-folders.ts';
import { listText, type Page, type Tone, wayText } from './text.ts';
import { arrivalsOf, type Way, waysLike, waysOf } from './ways.ts';

export interface TraceFlags {
  readonly dir: string;
  readonly json?: true;
}

const LISTED = 20;
/** Where there is no terminal, or one that does not tell; and what a narrower one has to break. */
const WIDE = 120;
const NARROWEST = 40;
const COLOURS = {
  busy: 'cyan',
  waiting: 'gray',
  bad: 'red',
  faint: 'dim',
  strong: 'bold',
} as const satisfies Record<Tone, string>;

/** @throws NotFoundError where nothing is kept, or nothing of that name. */
export async function runTrace(name: string | undefined, flags: TraceFlags): Promise<void> {
  const ways = await readWays(flags.dir);
  const found = name === undefined ? ways : waysLike(ways, name);
  if (found.length === 0) throw unknown(name, ways, flags.dir);
  const page = pageOf(process.stdout);
  const print = (text: string) => void process.stdout.write(`${text}\n`);
  if (flags.json) for (const way of found) print(JSON.stringify(jsonOf(way)));
  else if (name !== undefined && found.length === 1) print(wayText(shown(found[0]!), page));
  else print(listText(found.slice(-LISTED).map(shown), page));
}

/** Its texts as a terminal may be shown them, each on one line. */
function shown(way: Way): Way {
  return JSON.parse(JSON.stringify(way), (_, value: unknown) =>
    typeof value === 'string' ? printable(value).replace(/\s+/g, ' ') : value,
  );
}

async function readWays(dir: string): Promise<Way[]> {
  const paths = foldersWith(SPAN_FILE, dir).map((folder) => join(folder, SPAN_FILE));
  if (paths.length === 0) {
    throw new NotFoundError(
      `Expected ${SPAN_FILE} in ${dir}, got none. cst start keeps it in its --dir; name that one.`,
    );
  }
  return waysOf((await Promise.all(paths.map(readSpans))).flat());
}

function unknown(name: string | undefined, ways: readonly Way[], dir: string): NotFoundError {
  const newest = ways.slice(-3).map(({ signal }) => signal);
  const known = newest.length > 0 ? `The newest: ${newest.join(', ')}.` : 'No signal has come yet.';
  const what = name === undefined ? 'a signal' : 'a signal, position event or trace, or the beginning of one';
  return new NotFoundError(`Expected ${what} that is kept in ${dir}, got ${name ?? 'none'}. ${known}`);
}

function pageOf(stream: NodeJS.WriteStream): Page {
  return {
    columns: Math.max(NARROWEST, (stream.isTTY && stream.columns) || WIDE),
    // Without colour where NO_COLOR is set, or the output is no terminal.
    paint: (tone, text) => styleText(COLOURS[tone], text, { stream }),
  };
}

function jsonOf(way: Way) {
  const { signal, bar, traceId, clockTitle: clock, spans, missing } = way;
  const stages = spans.map(({ stage, startMs, endMs, attributes }) => ({
    stage,
    startMs,
    endMs,
    ms: endMs - startMs,
    attributes,
  }));
  return { signal, ...bar, traceId, clock, stages, missing, arrivals: arrivalsOf(way) };
}
