/** What every mapper does first: a frame's text into an object of a schema, or a refusal that says what came instead. */
import type { z } from 'zod';
import { messageOf, WireFormatError } from '../../schemas/errors.ts';

export type WireObject = Readonly<Record<string, unknown>>;

/** @throws WireFormatError where the frame is no JSON object. `read` is the reader of JSON. */
export function readFrame(
  venue: string,
  frame: string,
  read: (text: string) => unknown = JSON.parse,
): WireObject {
  let parsed: unknown;
  try {
    parsed = read(frame);
  } catch (cause) {
    throw new WireFormatError(`Expected JSON from ${venue}, got ${quote(frame)}: ${messageOf(cause)}.`, {
      cause,
    });
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as WireObject;
  throw new WireFormatError(`Expected a JSON object from ${venue}, got ${quote(frame)}.`);
}

/** @throws WireFormatError naming the first field of the frame that is not `what`. */
export function checkFrame<T extends z.ZodType>(
  schema: T,
  message: unknown,
  { venue, what, frame }: { readonly venue: string; readonly what: string; readonly frame: string },
): z.output<T> {
  const result = schema.safeParse(message);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new WireFormatError(
    `Expected ${what} from ${venue}, got ${quote(frame)}: ${issue.path.join('.')} ${issue.message}.`,
  );
}

/** Foreign text in our messages: bounded, so that a huge frame does not make a huge error. */
export function quote(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
