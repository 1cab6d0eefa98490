/** Records of the bus as functions take them: of their schema, and no greater than any market makes them. */
import type { z } from 'zod';
import { jsonRecord } from '../connectors/bus/json-record.ts';
import { WireFormatError } from '../schemas/errors.ts';

/** Ten times the largest seen. What follows from a record repeats it: in a chart's task, which has 100 KiB, twice. */
const MAX_BYTES = 32 * 1024;
/** Times, ids and safe integers are below it; products of three such numbers are still finite. */
const MAX_NUMBER = 1e16;
/** Of what is not 0: the quotient of two such numbers is still finite. */
const MIN_NUMBER = 1e-200;

/** @throws WireFormatError where it is none, too long, or holds a number that no market has. */
export function recordOf<S extends z.ZodObject>(schema: S, data: Uint8Array): z.output<S> {
  if (data.length > MAX_BYTES) {
    throw new WireFormatError(`Expected a record of at most ${MAX_BYTES} bytes, got ${data.length}.`);
  }
  const { record } = jsonRecord(schema, data);
  const far = farNumberIn(record);
  if (far === undefined) return record;
  throw new WireFormatError(`Expected numbers from ${MIN_NUMBER} to ${MAX_NUMBER}, or 0, got ${far}.`);
}

/** Only as deep as the schema: fields it does not know are gone. */
function farNumberIn(value: unknown): number | undefined {
  if (typeof value === 'number') return isFar(Math.abs(value)) ? value : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const part of Object.values(value)) {
    const far = farNumberIn(part);
    if (far !== undefined) return far;
  }
  return undefined;
}

function isFar(size: number): boolean {
  return size > MAX_NUMBER || (size !== 0 && size < MIN_NUMBER);
}
