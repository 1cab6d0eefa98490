/** The outbox: what is known, what is to be sent where, and what came of it. One process holds it. */
import { z } from 'zod';
import type { SqliteFile } from '../../connectors/sqlite-file.ts';
import { shortHash } from '../../schemas/hash.ts';
import { LONGEST_SPAN_MS, type Sent } from './limits.ts';
import { type Delivery, NEW_DELIVERY, type State } from './outbox.ts';
import { openOutboxFile } from './outbox-file.ts';
import { Thread } from './thread.ts';

export interface StoredDelivery extends Delivery {
  readonly id: number;
  readonly thread: string;
  readonly chat: string;
  readonly kind: 'alert' | 'exit';
  /** Time of the event. Unit: ms. */
  readonly at: number;
  /** When it was put here; with those of edits, the order of a chat. Unit: ms. */
  readonly noticed: number;
  readonly isSilent: boolean;
  readonly sentAt: number | null;
  /** Version of the thread that the message shows. */
  readonly shown: number;
  readonly editDue: number;
  readonly editFailures: number;
}

interface DeliveryRow extends Omit<StoredDelivery, 'probe' | 'isSilent'> {
  readonly probeId: number;
  readonly missed: number;
  readonly looked: number;
  readonly isSilent: number;
}

/** An outbox in memory, made durable elsewhere. */
export interface KeptOutbox {
  readonly file: SqliteFile;
  flush(): Promise<void>;
}

export interface StoredThread {
  readonly thread: Thread;
  /** Grows with each event. */
  readonly version: number;
}

const DAY_MS = 86_400_000;
/** How long an event is known as told, and a message can be edited. Unit: ms. */
const KEPT_MS = 7 * DAY_MS;
/** Shortest time between two clean-ups. Unit: ms. */
const CLEAN_EVERY_MS = 3_600_000;

const TASKED_AT_ONCE = 50;

const OPEN = `state IN ('QUEUED', 'SENDING', 'UNKNOWN')`;

export class OutboxStore {
  readonly #file: SqliteFile;
  #cleaned = Number.NEGATIVE_INFINITY;

  readonly #flush: () => Promise<void>;

  /** On a file, or on what is kept elsewhere. @throws UpstreamError, ConfigError where the file cannot be used. */
  constructor(at: string | KeptOutbox) {
    this.#file = typeof at === 'string' ? openOutboxFile(at) : at.file;
    this.#flush = typeof at === 'string' ? () => this.#file.flush() : () => at.flush();
  }

  /** Resolves when all that was written is durable. @throws UpstreamError where it may not be. */
  flush(): Promise<void> {
    return this.#flush();
  }

  transaction<T>(run: () => T): T {
    return this.#file.transaction(run);
  }

  /** False: the event was known. */
  see(id: string, now: number): boolean {
    this.#clean(now);
    return this.#file.run('INSERT INTO seen VALUES (?, ?) ON CONFLICT DO NOTHING', id, now) === 1;
  }

  thread(key: string): StoredThread | undefined {
    return this.#thread('key', key);
  }

  /** By what its buttons carry. */
  threadByRef(ref: string): Thread | undefined {
    return this.#thread('ref', ref)?.thread;
  }

  putThread(thread: Thread, now: number): void {
    const json = JSON.stringify(z.encode(Thread, thread));
    const hasSignal = thread.scalp !== undefined || thread.swing !== undefined ? 1 : 0;
    this.#file.run(
      `INSERT INTO threads VALUES (?, ?, ?, 1, ?, ?) ON CONFLICT (key) DO UPDATE
        SET json = excluded.json, version = version + 1, hasSignal = excluded.hasSignal, updated = excluded.updated`,
      ...[thread.key, refOf(thread.key), json, hasSignal, now],
    );
  }

  /** Nothing happens where the thread has one of this kind in the chat. */
  addDelivery(
    delivery: Pick<StoredDelivery, 'thread' | 'chat' | 'kind' | 'at' | 'noticed' | 'isSilent' | 'due'>,
  ): void {
    const { thread, chat, kind, at, noticed, isSilent, due } = delivery;
    this.#file.run(
      `INSERT INTO deliveries (thread, chat, kind, at, noticed, isSilent, state, due)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      ...[thread, chat, kind, at, noticed, isSilent ? 1 : 0, NEW_DELIVERY.state, due],
    );
  }

  /** What waited for the rest of its thread waits no longer. */
  hasten(thread: string, now: number): void {
    const sql = `UPDATE deliveries SET due = ? WHERE thread = ? AND state = 'QUEUED' AND failures = 0 AND due > ?`;
    this.#file.run(sql, now, thread, now);
  }

  alertIn(thread: string, chat: string): StoredDelivery | undefined {
    return this.#delivery(`thread = ? AND chat = ? AND kind = 'alert'`, thread, chat);
  }

  /** The one that is next in the chat: those before it are settled. */
  nextOpen(chat: string): StoredDelivery | undefined {
    return this.#delivery(`chat = ? AND ${OPEN} ORDER BY id LIMIT 1`, chat);
  }

  /** The message in the chat that has shown too little for longest. */
  nextEdit(chat: string, now: number): (StoredDelivery & { updated: number }) | undefined {
    const sql = `SELECT d.*, t.updated FROM deliveries d JOIN threads t ON t.key = d.thread
      WHERE d.chat = ? AND d.kind = 'alert' AND d.state = 'SENT' AND d.shown < t.version AND d.editDue <= ?
      ORDER BY t.updated, d.id LIMIT 1`;
    const row = this.#file.get<DeliveryRow & { updated: number }>(sql, chat, now);
    return row && { ...deliveryOf(row), updated: row.updated };
  }

  /** When an edit that failed is due; undefined: there is none. */
  nextEditDue(chat: string): number | undefined {
    const sql = `SELECT min(d.editDue) AS due FROM deliveries d JOIN threads t ON t.key = d.thread
      WHERE d.chat = ? AND d.kind = 'alert' AND d.state = 'SENT' AND d.shown < t.version`;
    return this.#file.get<{ due: number | null }>(sql, chat)?.due ?? undefined;
  }

  /** Alerts that have arrived, whose charts are not asked for yet; the oldest first. */
  untasked(): StoredDelivery[] {
    const sql = `SELECT * FROM deliveries WHERE state = 'SENT' AND isTasked = 0 AND kind = 'alert'
      AND thread IN (SELECT key FROM threads WHERE hasSignal = 1) ORDER BY id LIMIT ${TASKED_AT_ONCE}`;
    return this.#file.all<DeliveryRow>(sql).map(deliveryOf);
  }

  put(id: number, delivery: Delivery): void {
    const { state, due, failures, messageId, afterId, probe, reason } = delivery;
    this.#file.run(
      `UPDATE deliveries SET state = ?, due = ?, failures = ?, messageId = ?, afterId = ?, probeId = ?, missed = ?,
        looked = ?, reason = ? WHERE id = ?`,
      ...[state, due, failures, messageId, afterId, probe.id, probe.nothing, probe.looked, reason, id],
    );
  }

  /** What the message will show once it is sent. */
  putShown(id: number, shown: number, sentAt: number): void {
    this.#file.run('UPDATE deliveries SET shown = ?, sentAt = ? WHERE id = ?', shown, sentAt, id);
  }

  putEdit(id: number, { shown, due, failures }: { shown: number; due: number; failures: number }): void {
    const sql = 'UPDATE deliveries SET shown = ?, editDue = ?, editFailures = ? WHERE id = ?';
    this.#file.run(sql, shown, due, failures, id);
  }

  putTasked(id: number): void {
    this.#file.run('UPDATE deliveries SET isTasked = 1 WHERE id = ?', id);
  }

  /** A call to the messenger, for the limits. */
  addCall(chat: string, now: number): void {
    this.#file.run('DELETE FROM calls WHERE at <= ?', now - LONGEST_SPAN_MS);
    this.#file.run('INSERT INTO calls VALUES (?, ?)', chat, now);
  }

  calls(now: number): Sent[] {
    return this.#file.all<Sent>('SELECT chat, at FROM calls WHERE at > ?', now - LONGEST_SPAN_MS);
  }

  /** 0 where no message of the counter is known. */
  highest(counter: string): number {
    const sql = 'SELECT highest FROM counters WHERE name = ?';
    return this.#file.get<{ highest: number }>(sql, counter)?.highest ?? 0;
  }

  raise(counter: string, messageId: number): void {
    const sql = `INSERT INTO counters VALUES (?, ?)
      ON CONFLICT DO UPDATE SET highest = max(highest, excluded.highest)`;
    this.#file.run(sql, counter, messageId);
  }

  count(): Record<State, number> & { oldestOpen: number | null } {
    const rows = this.#file.all<{ state: State; n: number }>(
      'SELECT state, count(*) AS n FROM deliveries GROUP BY state',
    );
    const of = (state: State) => rows.find((row) => row.state === state)?.n ?? 0;
    const oldest = this.#file.get<{ at: number | null }>(
      `SELECT min(noticed) AS at FROM deliveries WHERE ${OPEN}`,
    );
    const counts = { QUEUED: of('QUEUED'), SENDING: of('SENDING'), UNKNOWN: of('UNKNOWN'), SENT: of('SENT') };
    const ends = { UNCERTAIN: of('UNCERTAIN'), REFUSED: of('REFUSED') };
    return { ...counts, ...ends, oldestOpen: oldest?.at ?? null };
  }

  close(): void {
    this.#file.close();
  }

  #thread(column: 'key' | 'ref', value: string): StoredThread | undefined {
    const sql = `SELECT json, version FROM threads WHERE ${column} = ?`;
    const row = this.#file.get<{ json: string; version: number }>(sql, value);
    return row && { thread: z.decode(Thread, JSON.parse(row.json)), version: row.version };
  }

  #delivery(where: string, ...values: string[]): StoredDelivery | undefined {
    const row = this.#file.get<DeliveryRow>(`SELECT * FROM deliveries WHERE ${where}`, ...values);
    return row && deliveryOf(row);
  }

  #clean(now: number): void {
    if (now - this.#cleaned < CLEAN_EVERY_MS) return;
    this.#cleaned = now;
    const old = now - KEPT_MS;
    this.#file.run('DELETE FROM seen WHERE at < ?', old);
    this.#file.run(`DELETE FROM deliveries WHERE noticed < ? AND NOT ${OPEN}`, old);
    this.#file.run(
      'DELETE FROM threads WHERE updated < ? AND key NOT IN (SELECT thread FROM deliveries)',
      old,
    );
  }
}

/** Short enough for a button. */
export function refOf(threadKey: string): string {
  return shortHash(threadKey);
}

function deliveryOf({ probeId, missed, looked, isSilent, ...row }: DeliveryRow): StoredDelivery {
  return { ...row, isSilent: isSilent === 1, probe: { id: probeId, nothing: missed, looked } };
}
