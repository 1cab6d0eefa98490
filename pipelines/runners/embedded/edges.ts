/** What the embedded runner asks of the outside: messages with a watermark in, messages out. */

/** One message as a source hands it over; the runner acknowledges it when every window it fed has been published for the last time. */
export interface SourceMessage {
  /** A serialized PubsubMessage. */
  readonly bytes: Uint8Array;
  /** Unit: ms since the epoch. */
  readonly eventTimeMs: number;
  /** Kept without the message. */
  readonly ack: () => void;
}

/** Messages in order of arrival, then how far event time is known to have come: nothing older is expected on time. */
export interface SourceChunk {
  readonly messages: readonly SourceMessage[];
  /** Never falls. +Infinity: nothing will follow. Unit: ms since the epoch. */
  readonly watermarkMs: number;
}

/** A chunk, or undefined once the source has ended. A source that always answers without a promise is replayed in a fixed order. */
export interface SourceReader {
  read(): SourceChunk | undefined | Promise<SourceChunk | undefined>;
  /** No new messages; `read` ends after what was already taken. */
  close(): void;
}

export interface Edges {
  /** `subscription` is the last part of the resource name in the read's payload. */
  openSource(subscription: string): SourceReader;
  /** Takes one serialized PubsubMessage for the topic (last part of its resource name). Kept until `flush`. */
  write(topic: string, bytes: Uint8Array): void;
  /** Resolves when everything written is durable. A promise only where there is something to wait for. */
  flush(): void | Promise<void>;
}
