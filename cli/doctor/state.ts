/** What earlier stacks left in their folder: whose it is, whether it can be read, and what waits in it. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DuckDBInstance } from '@duckdb/node-api';
import { isFolderLocked } from '../../connectors/bus/embedded/lock.ts';
import { messageOf } from '../../schemas/errors.ts';
import { BUS } from '../stack-bus.ts';
import { type Finding, found, ok } from './finding.ts';

/** Of cst start, cst run and cst relay. */
const FOLDERS = ['simulated', 'live', 'relay', ''];

export async function stateFindings(dir: string): Promise<Finding[]> {
  const folders = FOLDERS.map((name) => join(dir, name)).filter((path) => existsSync(join(path, BUS)));
  if (folders.length === 0) return [ok('state', `nothing is kept in ${dir} yet`)];
  return (await Promise.all(folders.map(folderFindings))).flat();
}

/** A lock dies with its holder: what is locked runs, and is left alone. */
async function folderFindings(folder: string): Promise<Finding[]> {
  if (isFolderLocked(join(folder, BUS))) return [ok('state', `${folder} is used by a stack that runs`)];
  const names = readdirSync(folder);
  const sqlite = names.filter((name) => name.endsWith('.sqlite'));
  const duckdb = names.filter((name) => name.endsWith('.duckdb'));
  const findings = [
    ...sqlite.flatMap((name) => damageOf(join(folder, name), checkSqlite)),
    ...(await Promise.all(duckdb.map((name) => damageOfDuckDb(join(folder, name))))).flat(),
    ...spillFindings(join(folder, 'spill')),
  ];
  return findings.length > 0 ? findings : [ok('state', `${folder} is sound`)];
}

function damageOf(path: string, check: (path: string) => void): Finding[] {
  try {
    check(path);
    return [];
  } catch (error) {
    return [damaged(path, messageOf(error))];
  }
}

function checkSqlite(path: string): void {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const { quick_check: said } = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
    if (said !== 'ok') throw new Error(said);
  } finally {
    database.close();
  }
}

async function damageOfDuckDb(path: string): Promise<Finding[]> {
  try {
    const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' });
    instance.closeSync();
    return [];
  } catch (error) {
    const [text = ''] = messageOf(error).split('\n');
    // Somebody works with it, e.g. cst sql.
    return /lock/i.test(text) ? [ok('state', `${path} is open elsewhere`)] : [damaged(path, text)];
  }
}

function damaged(path: string, text: string): Finding {
  const files = existsSync(`${path}-wal`) ? `{${path},${path}-wal}` : path;
  return found('state', 'stop', {
    what: `${path} cannot be read: ${text.replace(/\.$/, '')}`,
    why: 'A stack does not start on a damaged file, so that nothing is decided on half a memory.',
    remedy: `mkdir -p damaged && mv ${files} damaged/, or bring back a copy`,
  });
}

/** Trades that an earlier relay could not publish: the next one does. */
function spillFindings(spill: string): Finding[] {
  if (!existsSync(spill)) return [];
  const files = readdirSync(spill, { recursive: true, encoding: 'utf8' }).map((name) => join(spill, name));
  const bytes = files.map((path) => statSync(path)).reduce((sum, at) => sum + (at.isFile() ? at.size : 0), 0);
  if (bytes === 0) return [];
  return [
    found('state', 'warning', {
      what: `${bytes} bytes of messages wait in ${spill}`,
      why: 'The bus was away when they came; they are published first by the next relay on this folder.',
      remedy: 'start it again with the same --dir (or --spill), and see cst_outbox_* in its /metrics',
    }),
  ];
}
