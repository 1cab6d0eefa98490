/** Scripted edges for tests: what each subscription says, turn by turn, and all that was written and acknowledged. */
import { ConfigError } from '../../../schemas/errors.ts';
import type { Edges, SourceChunk, SourceReader } from './edges.ts';

export interface ScriptedTurn {
  readonly messages?: readonly { readonly bytes: Uint8Array; readonly eventTimeMs: number }[];
  /** As SourceChunk.watermarkMs; the one before where left out. */
  readonly watermarkMs?: number;
}

export interface ScriptedEdges extends Edges {
  /** In order of writing, flushed or not. */
  readonly written: { readonly topic: string; readonly bytes: Uint8Array }[];
  /** `subscription#index of the message`, in order of acknowledgement. */
  readonly acknowledged: string[];
  /** Turns handed out so far, by subscription. */
  readonly turnsRead: Readonly<Record<string, number>>;
  /** What `flush` does; null: nothing, at once. */
  onFlush: (() => void | Promise<void>) | null;
}

/** A subscription answers at once with its turns in order, then ends; a turn given as a promise is waited for. */
export function scriptedEdges(
  script: Readonly<Record<string, readonly (ScriptedTurn | Promise<ScriptedTurn>)[]>>,
): ScriptedEdges {
  const turnsRead: Record<string, number> = {};
  const edges: ScriptedEdges = {
    written: [],
    acknowledged: [],
    turnsRead,
    onFlush: null,
    openSource(name) {
      const turns = script[name];
      if (!turns)
        throw new ConfigError(`Expected a script for subscription "${name}", got ${Object.keys(script)}.`);
      turnsRead[name] = 0;
      return scriptedReader(name, turns, edges.acknowledged, () => {
        turnsRead[name]! += 1;
      });
    },
    write(topic, bytes) {
      edges.written.push({ topic, bytes });
    },
    flush: () => edges.onFlush?.(),
  };
  return edges;
}

function scriptedReader(
  name: string,
  turns: readonly (ScriptedTurn | Promise<ScriptedTurn>)[],
  acknowledged: string[],
  onRead: () => void,
): SourceReader {
  let next = 0;
  let index = 0;
  let watermarkMs = Number.NEGATIVE_INFINITY;
  let isClosed = false;
  const chunkOf = (turn: ScriptedTurn): SourceChunk => {
    watermarkMs = turn.watermarkMs ?? watermarkMs;
    const messages = (turn.messages ?? []).map((message) => {
      const id = `${name}#${index}`;
      index += 1;
      return { ...message, ack: () => void acknowledged.push(id) };
    });
    return { messages, watermarkMs };
  };
  let wake: (ended: undefined) => void = () => undefined;
  return {
    read() {
      const turn = isClosed ? undefined : turns[next];
      if (turn === undefined) return undefined;
      next += 1;
      onRead();
      if (!(turn instanceof Promise)) return chunkOf(turn);
      const closed = new Promise<undefined>((resolve) => {
        wake = resolve;
      });
      return Promise.race([turn, closed]).then((answer) => answer && chunkOf(answer));
    },
    close() {
      isClosed = true;
      wake(undefined);
    },
  };
}
