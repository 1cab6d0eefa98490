/** Bytes within an element, after an engine may have shipped it. */

/** An engine that ships elements as BSON hands bytes back as its Binary, which holds them in `buffer`. */
export function bytesOf(payload: Uint8Array | { readonly buffer: Uint8Array }): Uint8Array {
  return payload instanceof Uint8Array ? payload : payload.buffer;
}
