/** Files of a stack that does not run: whether they can be read, and are of this version. Nothing in them is changed. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { DuckDBInstance } from '@duckdb/node-api';
import { checkBus } from '../../connectors/bus/embedded/check.ts';
import { isFolderLocked } from '../../connectors/bus/embedded/lock.ts';
import { checkTables } from '../../connectors/history/duckdb/tables.ts';
import { isFresh, openToRead, type SqliteForm } from '../../connectors/sqlite-file.ts';
import { STATE_FORM } from '../../connectors/state/sqlite/database.ts';
import { TASKS_FORM } from '../../connectors/tasks/embedded.ts';
import { OUTBOX_FORM } from '../../functions/telegram-notifier/outbox-file.ts';
import { Book } from '../../functions/trade-desk/state.ts';
import { ConfigError, messageOf } from '../../schemas/errors.ts';
import { ownedKey } from '../../schemas/state-keys.ts';
import { BUS } from '../stack-bus.ts';
import { FUNCTION_FILES } from '../stack-folders.ts';
import { type Finding, found, ok, saidBy } from './finding.ts';

export interface StackFolder {
  readonly folder: string;
  /** The command that goes on with it. */
  readonly start: string;
}

const FORMS: Readonly<Record<string, SqliteForm>> = {
  [FUNCTION_FILES.state]: STATE_FORM,
  [FUNCTION_FILES.tasks]: TASKS_FORM,
  [FUNCTION_FILES.outbox]: OUTBOX_FORM,
};

/** Of each file that is not as it should be. @param isTransient The next start removes them. */
export async function fileFindings(folder: string, isTransient: boolean): Promise<Finding[]> {
  const names = readdirSync(folder);
  const findings = await Promise.all([
    ...names.filter((name) => name.endsWith('.sqlite')).map((name) => problemOf(join(folder, name), sqlite)),
    ...names.filter((name) => name.endsWith('.duckdb')).map((name) => problemOf(join(folder, name), duckDb)),
    ...names.filter((name) => name === BUS).map((name) => busProblem(join(folder, name))),
  ]);
  return findings
    .flatMap((finding) => finding ?? [])
    .map((finding) => (isTransient ? passing(finding) : finding));
}

async function problemOf(path: string, look: (path: string) => Promise<void>): Promise<Finding | null> {
  try {
    await look(path);
    return null;
  } catch (error) {
    const [text = ''] = messageOf(error).split('\n');
    if (error instanceof ConfigError) return ofAnotherVersion(path, text);
    // Somebody works with it, e.g. cst sql.
    return /\b(set lock|is locked)\b/i.test(text)
      ? ok('state', `${path} is open elsewhere`)
      : damaged(path, text);
  }
}

async function busProblem(bus: string): Promise<Finding | null> {
  try {
    await checkBus(bus);
    return null;
  } catch (error) {
    return found('state', 'stop', {
      what: saidBy(error),
      why: 'A stack does not start on a damaged bus, so that no message is lost in silence.',
      remedy: `as it says, or begin with an empty one: ${moving(bus)}`,
    });
  }
}

async function sqlite(path: string): Promise<void> {
  const database = openToRead(path);
  try {
    const { quick_check: said } = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
    if (said !== 'ok') throw new Error(said);
    const form = FORMS[basename(path)];
    if (form === undefined || isFresh(database, path, form)) return;
    if (form === STATE_FORM) booksIn(database, path);
  } finally {
    database.close();
  }
}

async function duckDb(path: string): Promise<void> {
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' });
  try {
    await checkTables(await instance.connect(), path);
  } finally {
    instance.closeSync();
  }
}

/** The desk's, as the last stack left them; none where there is no state. @throws ConfigError of another version */
export function keptBooks(folder: string): Book[] {
  const path = join(folder, FUNCTION_FILES.state);
  if (!existsSync(path)) return [];
  const database = openToRead(path);
  try {
    return isFresh(database, path, STATE_FORM) ? [] : booksIn(database, path);
  } finally {
    database.close();
  }
}

/** @throws ConfigError where they are of another version. */
function booksIn(database: DatabaseSync, path: string): Book[] {
  const prefix = ownedKey('desk-book', ['']);
  const sql = `SELECT value FROM cells WHERE cell = 'value' AND key >= ? AND key < ?`;
  return database
    .prepare(sql)
    .all(prefix, `${prefix}\uffff`)
    .map(({ value }) => {
      const { success, data } = Book.safeParse(JSON.parse(String(value)));
      if (success) return data;
      throw new ConfigError(`Expected books of the desk in ${path} as this version writes them, got others.`);
    });
}

function damaged(path: string, text: string): Finding {
  return found('state', 'stop', {
    what: `${path} cannot be read: ${text.replace(/\.$/, '')}`,
    why: 'A stack does not start on a damaged file, so that nothing is decided on half a memory.',
    remedy: `${moving(path)}, or bring back a copy`,
  });
}

function ofAnotherVersion(path: string, text: string): Finding {
  return found('state', 'stop', {
    what: `${path} is of another version: ${text}`,
    why: 'A stack does not start on it, so that nothing is misread.',
    remedy: `start the version that wrote it, or begin afresh: ${moving(path)}`,
  });
}

function passing(finding: Finding): Finding {
  if (finding.level === 'ok') return finding;
  const why = 'The simulation that comes next begins afresh; until then nothing can be read of the last one.';
  return { ...finding, level: 'warning', why };
}

function moving(path: string): string {
  const logs = ['-wal', '-shm', '.wal'].map((end) => `${path}${end}`).filter((log) => existsSync(log));
  return `mkdir -p damaged && mv ${[path, ...logs].join(' ')} damaged/`;
}

/** Trades that an earlier relay could not publish: the next one does, or does now. */
export function spillFindings({ folder, start }: StackFolder): Finding[] {
  const spill = join(folder, 'spill');
  if (!existsSync(spill) || isFolderLocked(spill)) return [];
  const names = readdirSync(spill, { recursive: true, encoding: 'utf8' });
  const bytes = names
    .filter((name) => name.endsWith('.spill'))
    .reduce((sum, name) => sum + statSync(join(spill, name)).size, 0);
  if (bytes === 0) return [];
  return [
    found('state', 'warning', {
      what: `${bytes} bytes of messages wait in ${spill}`,
      why: 'The bus was away when they came; they are published first by the next relay on this folder.',
      remedy: `${start}, and see cst_outbox_* in its /metrics`,
    }),
  ];
}
