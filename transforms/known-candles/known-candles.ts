/** Candles known before the graph starts, in blocks of text: a bounded input wants few large elements, not many small ones. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import { Candle } from '../../schemas/candle.ts';

const BLOCK_CANDLES = 2_000;
const Block = z.array(Candle);

/** Blocks in the order of the candles: deflated JSON in base64, as the graph's proto holds them and engines limit its size. */
export function toBlocks(candles: readonly Candle[]): string[] {
  const blocks: string[] = [];
  for (let at = 0; at < candles.length; at += BLOCK_CANDLES) {
    const json = JSON.stringify(z.encode(Block, candles.slice(at, at + BLOCK_CANDLES)));
    blocks.push(deflateRawSync(json).toString('base64'));
  }
  return blocks;
}

/** @throws where a block is not what `toBlocks` wrote. */
export function fromBlock(block: string): Candle[] {
  return Block.parse(JSON.parse(inflateRawSync(Buffer.from(block, 'base64')).toString('utf8')));
}
