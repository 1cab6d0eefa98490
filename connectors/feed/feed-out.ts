/** What a feed answers with, gathered in order while it thinks. */
import type { TopicName } from '../../schemas/topics.ts';
import type { OutgoingMessage } from '../bus/port.ts';
import type { FeedCommand, FeedMessages, FeedOutput } from './feed-io.ts';

const NOTHING: FeedOutput = { commands: [], messages: [] };

export class FeedOut {
  #commands: FeedCommand[] = [];
  #messages: FeedMessages[] = [];
  #last: { readonly topic: TopicName; readonly messages: OutgoingMessage[] } | null = null;

  command(command: FeedCommand): void {
    this.#commands.push(command);
  }

  message(topic: TopicName, message: OutgoingMessage): void {
    if (this.#last?.topic !== topic) {
      this.#last = { topic, messages: [] };
      this.#messages.push(this.#last);
    }
    this.#last.messages.push(message);
  }

  take(): FeedOutput {
    if (this.#messages.length === 0 && this.#commands.length === 0) return NOTHING;
    const taken = { commands: this.#commands, messages: this.#messages };
    this.#commands = [];
    this.#messages = [];
    this.#last = null;
    return taken;
  }
}
