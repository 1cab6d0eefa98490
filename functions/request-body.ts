/** The body of a request. The Functions Framework has read it already; a bare server has not. */
import type { IncomingMessage } from 'node:http';
import { messageOf, WireFormatError } from '../schemas/errors.ts';

type Request = IncomingMessage & { readonly rawBody?: Buffer; readonly body?: unknown };

/** Null where it is longer than `maxBytes`. */
export async function bodyOf(request: Request, maxBytes: number): Promise<Buffer | null> {
  if (request.rawBody !== undefined) return request.rawBody;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @throws WireFormatError where it is too long, or no JSON. */
export async function jsonOf(request: Request, maxBytes: number): Promise<unknown> {
  if (request.body !== undefined) return request.body;
  const body = await bodyOf(request, maxBytes);
  if (body === null) throw new WireFormatError(`Expected at most ${maxBytes} bytes, got more.`);
  try {
    return JSON.parse(body.toString());
  } catch (cause) {
    throw new WireFormatError(`Expected JSON, got ${body.length} bytes: ${messageOf(cause)}.`, { cause });
  }
}
