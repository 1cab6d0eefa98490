/** The database of the outbox. */
import { SqliteFile, type SqliteForm } from '../../connectors/sqlite-file.ts';

export const OUTBOX_FORM: SqliteForm = { what: 'the outbox of alerts', magic: 'csto', version: 1 };

const SCHEMA = `
  CREATE TABLE seen (id TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE threads (
    key TEXT PRIMARY KEY, ref TEXT NOT NULL UNIQUE, json TEXT NOT NULL, version INTEGER NOT NULL,
    hasSignal INTEGER NOT NULL, updated INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY, thread TEXT NOT NULL, chat TEXT NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL,
    noticed INTEGER NOT NULL, isSilent INTEGER NOT NULL, state TEXT NOT NULL, due INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0, messageId INTEGER, afterId INTEGER NOT NULL DEFAULT 0,
    probeId INTEGER NOT NULL DEFAULT 0, missed INTEGER NOT NULL DEFAULT 0, looked INTEGER NOT NULL DEFAULT 0,
    reason TEXT, sentAt INTEGER, shown INTEGER NOT NULL DEFAULT 0, editDue INTEGER NOT NULL DEFAULT 0,
    editFailures INTEGER NOT NULL DEFAULT 0, isTasked INTEGER NOT NULL DEFAULT 0,
    UNIQUE (thread, chat, kind)
  ) STRICT;
  CREATE INDEX open ON deliveries (chat, id) WHERE state IN ('QUEUED', 'SENDING', 'UNKNOWN');
  CREATE INDEX untasked ON deliveries (id) WHERE state = 'SENT' AND isTasked = 0 AND kind = 'alert';
  CREATE TABLE calls (chat TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
  CREATE TABLE counters (name TEXT PRIMARY KEY, highest INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;

/** @throws UpstreamError, ConfigError where the file cannot be used. */
export function openOutboxFile(path: string): SqliteFile {
  return new SqliteFile({ path, ...OUTBOX_FORM, schema: SCHEMA, commits: 'flushed' });
}

/** What is worth keeping of it: calls of the last minute are not. Each has a primary key. */
export const KEPT_TABLES = ['seen', 'threads', 'deliveries', 'counters'] as const;
