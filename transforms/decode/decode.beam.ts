/** First step of the graph: messages in, parts of minutes out; what cannot be read leaves as a dead letter. */
import type { Candle } from '../../schemas/candle.ts';
import type { DeadLetter } from '../../schemas/dead-letter.ts';
import { pubsubData } from '../../schemas/pubsub-message.ts';
import { type Keyed, register } from '../beam.ts';
import type { MinutePart } from '../market-data.ts';
import { deadLetterOf } from './dead-letter.ts';
import { type Decoded, decodeSnapshotMessage, decodeTradeMessage } from './decode.ts';

/** One output of a decoding step, for `split(['ok', 'known', 'dead'])`. */
export type DecodeOutput =
  | { readonly ok: Keyed<MinutePart> }
  | { readonly known: Candle }
  | { readonly dead: DeadLetter };

export interface DecodeConfig {
  /** How long after its end a bar closes. Unit: ms. */
  readonly allowedDisorderMs: number;
}

/** @param bytes A serialized PubsubMessage of `raw-tick-data`. */
export function decodeTrades(bytes: Uint8Array, config: DecodeConfig): Iterable<DecodeOutput> {
  return outputsOf('DecodeTrades', bytes, (data) => decodeTradeMessage(data, config.allowedDisorderMs));
}

/** @param bytes A serialized PubsubMessage of `book-snapshots`. */
export function decodeSnapshots(bytes: Uint8Array): Iterable<DecodeOutput> {
  return outputsOf('DecodeSnapshots', bytes, decodeSnapshotMessage);
}

/** All or nothing: a message that fails half-way leaves as a dead letter alone. */
function outputsOf(stage: string, bytes: Uint8Array, decode: (data: Uint8Array) => Decoded): DecodeOutput[] {
  try {
    const { parts, known } = decode(pubsubData(bytes));
    const outputs: DecodeOutput[] = parts.map((part) => ({ ok: part }));
    for (const candle of known) outputs.push({ known: candle });
    return outputs;
  } catch (thrown) {
    return [{ dead: deadLetterOf(stage, bytes, thrown) }];
  }
}

register('transforms/decode/decode', { decodeTrades, decodeSnapshots });
