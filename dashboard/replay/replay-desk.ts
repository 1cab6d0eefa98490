/** The one replay there is: prepared beside the stack, then played. It shares nothing with the live market. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import type { Clock } from '../../connectors/clock/port.ts';
import { messageOf, NotFoundError } from '../../schemas/errors.ts';
import type { ReplayOrder, ReplayState, Replays } from '../api.ts';
import { Player } from './player.ts';
import { type FoundRecording, findRecordings } from './recordings.ts';

export interface ReplayDeskOptions {
  /** Folders that hold recordings, or are one. */
  readonly folders: readonly string[];
  /** Runs the graph over a recording, as `cst replay` does, in a process of its own. @throws where it cannot. */
  readonly prepare: (recording: FoundRecording, out: string, signal: AbortSignal) => Promise<void>;
  readonly version: string;
  readonly realClock: Clock;
  /** Told of each change. */
  readonly onState: (state: ReplayState) => void;
}

type Order = z.output<typeof ReplayOrder>;

/** The replay tells where it is so often. Unit: real ms. */
const TELL_EVERY_MS = 1_000;

export class ReplayDesk {
  readonly #options: ReplayDeskOptions;
  #replay: Replay | null = null;
  /** Changes follow one another. */
  #turn: Promise<unknown> = Promise.resolve();
  #count = 0;

  constructor(options: ReplayDeskOptions) {
    this.#options = options;
  }

  async list(): Promise<z.output<typeof Replays>> {
    const recordings = await findRecordings(this.#options.folders);
    return { recordings, replay: this.#replay?.state() ?? null };
  }

  /** Takes the place of the one before. @throws NotFoundError where there is no such recording. */
  start(order: Order): Promise<void> {
    return this.#inTurn(async () => {
      const recordings = await findRecordings(this.#options.folders);
      const recording = recordings.find(({ id }) => id === order.recording);
      if (recording === undefined) {
        const known = recordings.map(({ id }) => id).join(', ') || 'none: name a folder with --replays';
        throw new NotFoundError(`Expected one of the recordings ${known}, got "${order.recording}".`);
      }
      await this.#replay?.close();
      this.#count += 1;
      this.#replay = new Replay(this.#options, recording, { id: String(this.#count), speed: order.speed });
    });
  }

  stop(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#replay?.close();
      this.#replay = null;
    });
  }

  /** Null before there is something to see. */
  shown(): Pick<Player, 'market' | 'stream'> | null {
    return this.#replay?.player ?? null;
  }

  close(): Promise<void> {
    return this.stop();
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }
}

class Replay {
  player: Player | null = null;
  readonly #options: ReplayDeskOptions;
  readonly #recording: FoundRecording;
  readonly #is: { readonly id: string; readonly speed: number };
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  #state: ReplayState['state'] = 'PREPARING';
  #error: string | null = null;

  constructor(options: ReplayDeskOptions, recording: FoundRecording, is: { id: string; speed: number }) {
    this.#options = options;
    this.#recording = recording;
    this.#is = is;
    this.#running = this.#run();
  }

  state(): ReplayState {
    const { player } = this;
    return {
      ...this.#is,
      recording: this.#recording.id,
      state: this.#state,
      error: this.#error,
      marketTime: player?.marketTime ?? null,
      from: player?.extent.fromMs ?? null,
      to: player?.extent.toMs ?? null,
    };
  }

  async close(): Promise<void> {
    this.#stopping.abort(true);
    await this.player?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'cst-replay-'));
    const { signal } = this.#stopping;
    try {
      this.#become('PREPARING');
      await this.#options.prepare(this.#recording, folder, signal);
      if (!signal.aborted) await this.#play(folder);
    } catch (error) {
      this.#error = messageOf(error);
      if (!signal.aborted) this.#become('FAILED');
    } finally {
      await this.player?.close();
      await rm(folder, { recursive: true, force: true }).catch(() => {});
    }
  }

  /** What was played stays to be looked at until the replay is closed. */
  async #play(folder: string): Promise<void> {
    const { version, realClock } = this.#options;
    const { signal } = this.#stopping;
    const title = `replay of ${this.#recording.id}, ${this.#is.speed}×`;
    const player = await Player.open({ folder, title, version, realClock, speed: this.#is.speed });
    this.player = player;
    this.#become('PLAYING');
    const playing = player.run().then(() => this.#become('ENDED'));
    playing.catch(() => {});
    while (!signal.aborted && this.#state === 'PLAYING') {
      await Promise.race([realClock.until(realClock.now() + TELL_EVERY_MS, signal), playing]);
      if (!signal.aborted) player.market.log.add('replay', this.state());
    }
    await realClock.until(Number.POSITIVE_INFINITY, signal);
  }

  #become(state: ReplayState['state']): void {
    if (this.#stopping.signal.aborted) return;
    this.#state = state;
    this.#options.onState(this.state());
  }
}
