/** Streams beside the control stream, one per endpoint and kind, opened when first asked for, and again where one broke. */
import { type DataChannel, openDataChannel } from './data-channel.ts';
import { openStateChannel, type StateChannel } from './state-channel.ts';

export class Channels {
  readonly #workerId: string;
  readonly #withAnswer: boolean;
  readonly #data = new Map<string, DataChannel>();
  readonly #state = new Map<string, StateChannel>();

  /** @param withAnswer Whether the runner takes a bundle's output with the answer that ends it. */
  constructor(workerId: string, withAnswer: boolean) {
    this.#workerId = workerId;
    this.#withAnswer = withAnswer;
  }

  data(endpoint: string): DataChannel {
    const withAnswer = this.#withAnswer;
    return opened(this.#data, endpoint, (onDown) =>
      openDataChannel(this.#workerId, { endpoint, withAnswer, onDown }),
    );
  }

  state(endpoint: string): StateChannel {
    return opened(this.#state, endpoint, (onDown) => openStateChannel(endpoint, this.#workerId, onDown));
  }

  get known(): number {
    return Math.max(0, ...[...this.#data.values()].map(({ size }) => size));
  }

  forget(instructionId: string): void {
    for (const channel of this.#data.values()) channel.forget(instructionId);
  }

  close(): void {
    for (const channel of [...this.#data.values(), ...this.#state.values()]) channel.close();
  }
}

function opened<T>(channels: Map<string, T>, endpoint: string, open: (onDown: () => void) => T): T {
  const known = channels.get(endpoint);
  if (known) return known;
  const channel = open(() => {
    if (channels.get(endpoint) === channel) channels.delete(endpoint);
  });
  channels.set(endpoint, channel);
  return channel;
}
