/** Where history is, as flags name it: `duckdb:PATH` or `bigquery:PROJECT.DATASET`. */
import { dirname, resolve } from 'node:path';
import { systemClock } from '../connectors/clock/system.ts';
import type { History } from '../connectors/history/port.ts';
import { ConfigError } from '../schemas/errors.ts';
import { PROJECT_ID } from '../schemas/project-id.ts';
import { makeFolder } from './file-flags.ts';

export type HistoryPlace =
  | { readonly kind: 'duckdb'; readonly name: string; readonly path: string }
  | { readonly kind: 'bigquery'; readonly name: string; readonly project: string; readonly dataset: string };

const DATASET = /^\w{1,1024}$/;

/** @throws ConfigError naming the flag. */
export function historyPlaceOf(text: string, flag: string): HistoryPlace {
  const [kind, where = ''] = [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)];
  if (kind === 'duckdb' && where !== '') {
    const path = resolve(where);
    return { kind, name: `duckdb:${path}`, path };
  }
  const [project = '', dataset = ''] = [
    where.slice(0, where.lastIndexOf('.')),
    where.slice(where.lastIndexOf('.') + 1),
  ];
  if (kind === 'bigquery' && PROJECT_ID.test(project) && DATASET.test(dataset))
    return { kind, name: text, project, dataset };
  throw new ConfigError(`Expected ${flag} duckdb:PATH or bigquery:PROJECT.DATASET, got "${text}".`);
}

/** Clients are loaded when asked for. @throws ConfigError, UpstreamError */
export async function openHistory(place: HistoryPlace): Promise<History> {
  if (place.kind === 'bigquery') {
    const { openBigQueryHistory } = await import('../connectors/history/bigquery.ts');
    return openBigQueryHistory({ ...place, clock: systemClock });
  }
  const { openDuckDbHistory } = await import('../connectors/history/duckdb.ts');
  await makeFolder(dirname(place.path), 'the place of history');
  return openDuckDbHistory({ path: place.path });
}
