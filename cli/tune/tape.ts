/**
 * A backtest up to the last step: all that the desk is told but signals, and the rows and levels that signals are decided
 * on. Played under other rules of strategies or desk it trades what a backtest under these would, without the graph.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeskInput } from '../../functions/trade-desk/input.ts';
import type { FeatureRow } from '../../schemas/feature-row.ts';
import { LevelSet } from '../../schemas/level-set.ts';
import { DEFAULT_PARAMS, type SignalParams } from '../../schemas/params.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { decodePubsubMessage } from '../../schemas/pubsub-message.ts';
import { ATTRIBUTES } from '../../schemas/topics.ts';
import { backtest } from '../backtest/backtest.ts';
import type { BacktestOptions, FilesInput } from '../backtest/options.ts';

export interface TapeEntry {
  readonly input: DeskInput;
  /** Of a row that signals are decided on: the levels it was joined with. Left out: none are. */
  readonly levels?: LevelSet | null;
}

export interface Tape {
  /** In the order of the backtest. */
  readonly entries: readonly TapeEntry[];
  /** Of the bars that are traded on. Unit: ms since the epoch. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly pairs: number;
}

export type TapeOptions = Omit<BacktestOptions, 'out' | 'input'> & { readonly input: FilesInput };

/** The parameters that the graph is run with, and those of its last step as they are by default: what the tape depends on. */
export function graphParams(params: SignalParams): SignalParams {
  const { variant, srExhaustion, risk, champion } = DEFAULT_PARAMS;
  const { volumeSpike } = champion;
  return { ...params, variant, srExhaustion, risk, champion: { ...params.champion, volumeSpike } };
}

/** @throws as `backtest` does. */
export async function recordTape(options: TapeOptions): Promise<Tape> {
  const out = mkdtempSync(join(tmpdir(), 'cst-tape-'));
  const decided = new DecidedRows();
  const entries: TapeEntry[] = [];
  try {
    const { range, pairs } = await backtest({
      ...options,
      out,
      params: graphParams(options.params),
      onPublished: (topic, bytes) => decided.published(topic, bytes),
      onInput(input) {
        decided.passTo(input.at);
        if (input.kind === 'features') entries.push({ input, ...decided.levelsOf(input.row) });
        else if (input.kind !== 'signal') entries.push({ input });
      },
    });
    return { entries, fromMs: range.fromMs, toMs: range.toMs, pairs: pairs.length };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** Level sets kept of a pair: rows are joined with the newest or, late, with the ones before. */
const KEPT_SETS = 4;

/** Rows as they were known when their bar closed; a revision that comes later is not decided on. */
class DecidedRows {
  /** By symbol, the newest last. */
  readonly #sets = new Map<string, readonly LevelSet[]>();
  /** Level sets that were known when a row left, by the row's id. */
  readonly #waiting = new Map<string, readonly LevelSet[]>();
  /** Newest bar decided, by symbol. */
  readonly #newest = new Map<string, number>();
  #now = Number.NEGATIVE_INFINITY;

  passTo(at: number): void {
    this.#now = at;
  }

  published(topic: string, bytes: Uint8Array): void {
    if (topic === 'market-levels') this.#addSet(bytes);
    if (topic !== 'market-features') return;
    const id = decodePubsubMessage(bytes).attributes[ATTRIBUTES.id]!;
    const [, symbol = '', openTime = ''] = id.split(':');
    const closeTime = Number(openTime) + MINUTE_MS;
    if (closeTime <= this.#now || closeTime <= (this.#newest.get(symbol) ?? 0)) return;
    this.#newest.set(symbol, closeTime);
    this.#waiting.set(id, this.#sets.get(symbol) ?? []);
  }

  levelsOf({ id, levelsAsOf }: FeatureRow): Pick<TapeEntry, 'levels'> {
    const sets = this.#waiting.get(id);
    if (sets === undefined) return {};
    this.#waiting.delete(id);
    return { levels: sets.findLast(({ asOf }) => asOf === levelsAsOf) ?? null };
  }

  #addSet(bytes: Uint8Array): void {
    const set = LevelSet.parse(JSON.parse(Buffer.from(decodePubsubMessage(bytes).data).toString()));
    const known = this.#sets.get(set.symbol) ?? [];
    const others = known.filter(({ asOf }) => asOf !== set.asOf);
    const same = known.find(({ asOf }) => asOf === set.asOf);
    const best = same !== undefined && same.revision >= set.revision ? same : set;
    const sorted = [...others, best].sort((a, b) => a.asOf - b.asOf);
    this.#sets.set(set.symbol, sorted.slice(-KEPT_SETS));
  }
}
