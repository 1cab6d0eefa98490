/** Folder of a backtest: lines are written as they come, and have their names once all of them are on disk. */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, UpstreamError } from '../../schemas/errors.ts';

/** Of a topic its messages; `trades` and `equity` are made of position events, `bars` are those round signals. */
export const BACKTEST_FILES = [
  'trade-signals-micro',
  'macro-bias-updates',
  'trade-signals-macro',
  'position-events',
  'trades',
  'equity',
  'bars',
  'feed-events',
  'dead-letters',
] as const;
export type BacktestFile = (typeof BACKTEST_FILES)[number];

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Characters kept before they are written. */
const BLOCK = 1 << 16;

interface Draft {
  readonly path: string;
  readonly draft: string;
  readonly file: number;
  readonly hash: Hash;
  text: string;
}

export class BacktestOutput {
  readonly #folder: string;
  readonly #drafts: ReadonlyMap<BacktestFile, Draft>;
  readonly #counts = new Map<BacktestFile, number>(BACKTEST_FILES.map((name) => [name, 0]));

  /** Makes the folder where it is missing; files of an earlier backtest stay until this one is complete. @throws UpstreamError */
  constructor(folder: string) {
    this.#folder = folder;
    this.#drafts = named(folder, () => {
      mkdirSync(folder, { recursive: true });
      return new Map(BACKTEST_FILES.map((name) => [name, openDraft(folder, name)]));
    });
    this.#heed(true);
  }

  /** Whoever is told to end leaves no drafts. */
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.abandon();
    process.kill(process.pid, signal);
  };

  #heed(isHeeded: boolean): void {
    for (const name of SIGNALS) {
      if (isHeeded) process.once(name, this.#onSignal);
      else process.off(name, this.#onSignal);
    }
  }

  line(name: BacktestFile, json: string): void {
    const draft = this.#drafts.get(name)!;
    this.#counts.set(name, this.#counts.get(name)! + 1);
    draft.text += `${json}\n`;
    if (draft.text.length >= BLOCK) named(this.#folder, () => flush(draft));
  }

  count(name: BacktestFile): number {
    return this.#counts.get(name)!;
  }

  /**
   * Writes what is left, and `report.json` with what `reportOf` makes of the files' SHA-256.
   * @throws UpstreamError where the folder cannot be written.
   */
  finish(reportOf: (sha256: Readonly<Record<string, string>>) => object): void {
    named(this.#folder, () => {
      for (const draft of this.#drafts.values()) flush(draft);
      const hashes = [...this.#drafts].map(([name, { hash }]) => [`${name}.ndjson`, hash.digest('hex')]);
      const report = openDraft(this.#folder, 'report', 'json');
      report.text = `${JSON.stringify(reportOf(Object.fromEntries(hashes)), null, 2)}\n`;
      flush(report);
      const all = [...this.#drafts.values(), report];
      for (const { file } of all) {
        fsyncSync(file);
        closeSync(file);
      }
      for (const { draft, path } of all) renameSync(draft, path);
    });
    this.#heed(false);
  }

  /** The backtest failed: nothing of it stays. */
  abandon(): void {
    this.#heed(false);
    for (const name of [...BACKTEST_FILES, 'report']) {
      for (const ending of ['ndjson', 'json']) rmSync(draftOf(this.#folder, name, ending), { force: true });
    }
  }
}

function openDraft(folder: string, name: string, ending = 'ndjson'): Draft {
  const path = join(folder, `${name}.${ending}`);
  const draft = draftOf(folder, name, ending);
  return { path, draft, file: openSync(draft, 'w'), hash: createHash('sha256'), text: '' };
}

/** Of this process alone: two backtests into one folder do not disturb each other. */
function draftOf(folder: string, name: string, ending: string): string {
  return join(folder, `${name}.${ending}.${process.pid}.tmp`);
}

function flush(draft: Draft): void {
  const bytes = Buffer.from(draft.text);
  draft.hash.update(bytes);
  for (let at = 0; at < bytes.length; ) at += writeSync(draft.file, bytes, at);
  draft.text = '';
}

function named<T>(folder: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw new UpstreamError(`Cannot write to ${folder}: ${messageOf(cause)}. Check space and permissions.`, {
      cause,
    });
  }
}
