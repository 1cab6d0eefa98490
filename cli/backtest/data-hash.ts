/** The hash by which two runs can be told to have read the same. Pure. */
import { shortHash } from '../../schemas/hash.ts';
import { canonicalJson } from '../../transforms/strategies/hashes.ts';
import type { DataSource } from './options.ts';

/** Of what the files hold and for whom, whatever they are called and in whichever order they are named. */
export function dataHashOf(sources: readonly DataSource[]): string {
  return shortHash(canonicalJson(sources.map(({ symbol, sha256 }) => `${symbol ?? ''} ${sha256}`).sort()));
}
