/** What every Messenger keeps to; run against each twin. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Button, Messenger, OutgoingText } from './port.ts';

/** What the reader of a chat has before them. */
export interface SeenMessage {
  readonly id: number;
  readonly html: string;
  readonly buttons: readonly Button[];
  readonly replyTo: number | null;
  readonly isSilent: boolean;
  readonly png: Uint8Array | null;
}

export interface MessengerUnderTest {
  readonly messenger: Messenger;
  /** Messages of a chat as they stand now, oldest first. */
  seen(chat: string): Promise<readonly SeenMessage[]>;
  /** The same messenger in a new process. */
  reopen(): Promise<Messenger>;
  dispose(): Promise<void>;
}

const CHAT = '-1001';
const chartOf = (name: string): Button[] => [{ text: '📊 Chart', data: `chart:${name}` }];
const text = (changes: Partial<OutgoingText> = {}): OutgoingText => ({
  chat: CHAT,
  html: '<b>LONG</b> 1 &lt; 2',
  buttons: chartOf('a'),
  isSilent: false,
  replyTo: null,
  ...changes,
});
const NOT_THERE = 1_000_000;

export function testMessengerContract(name: string, open: () => Promise<MessengerUnderTest>): void {
  describe(`Messenger contract: ${name}`, () => {
    const opened: MessengerUnderTest[] = [];
    const make = async () => {
      const made = await open();
      opened.push(made);
      return made;
    };
    const sent = async (messenger: Messenger, changes: Partial<OutgoingText> = {}) => {
      const outcome = await messenger.send(text(changes));
      if (outcome.kind !== 'done') throw new Error(outcome.reason);
      return outcome.value;
    };
    afterEach(async () => {
      for (const made of opened.splice(0)) await made.dispose();
    });

    it('shows messages in the order they were sent, under rising numbers', async () => {
      const { messenger, seen } = await make();
      const ids = [await sent(messenger), await sent(messenger, { html: 'second', isSilent: true })];
      expect(ids[1]).toBeGreaterThan(ids[0]!);
      expect(await seen(CHAT)).toMatchObject([
        { id: ids[0], html: text().html, buttons: chartOf('a'), isSilent: false, replyTo: null },
        { id: ids[1], html: 'second', isSilent: true },
      ]);
    });

    it('keeps chats apart', async () => {
      const { messenger, seen } = await make();
      await sent(messenger, { chat: '7' });
      expect(await seen(CHAT)).toEqual([]);
      expect(await seen('7')).toHaveLength(1);
    });

    it('answers a message', async () => {
      const { messenger, seen } = await make();
      const id = await sent(messenger);
      await sent(messenger, { replyTo: id, buttons: [] });
      expect((await seen(CHAT))[1]).toMatchObject({ replyTo: id, buttons: [] });
    });

    it('shows a picture with its caption, byte by byte', async () => {
      const { messenger, seen } = await make();
      const png = Uint8Array.from({ length: 70_000 }, (_, i) => i % 251);
      const photo = { ...text({ html: 'chart', buttons: [] }), png, fileName: 'sr/BTC:1.png' };
      expect(await messenger.sendPhoto(photo)).toMatchObject({ kind: 'done' });
      const [message] = await seen(CHAT);
      expect(message).toMatchObject({ html: 'chart' });
      expect(Buffer.compare(message!.png!, png)).toBe(0);
    });

    it('edits a message, and the same edit again changes nothing', async () => {
      const { messenger, seen } = await make();
      const messageId = await sent(messenger);
      const edit = { chat: CHAT, messageId, html: 'closed', buttons: chartOf('a') };
      const done = { kind: 'done', value: null };
      expect([await messenger.edit(edit), await messenger.edit(edit)]).toEqual([done, done]);
      expect(await seen(CHAT)).toMatchObject([{ id: messageId, html: 'closed' }]);
    });

    it('refuses to edit what is not there', async () => {
      const { messenger } = await make();
      const edit = { chat: CHAT, messageId: NOT_THERE, html: 'x', buttons: [] };
      expect(await messenger.edit(edit)).toMatchObject({ kind: 'refused', isOurs: false });
    });

    it('edits and finds messages of a process before it', async () => {
      const { messenger, reopen, seen } = await make();
      const messageId = await sent(messenger);
      await messenger.close();
      const next = await reopen();
      expect(await next.probe({ chat: CHAT, messageId, buttons: chartOf('a') })).toEqual({
        kind: 'done',
        value: 'same',
      });
      await next.edit({ chat: CHAT, messageId, html: 'closed', buttons: chartOf('a') });
      expect(await sent(next)).toBeGreaterThan(messageId);
      expect(await seen(CHAT)).toMatchObject([{ html: 'closed' }, {}]);
    });

    it('tells its message from another and from none, and leaves all as they are', async () => {
      const { messenger, seen } = await make();
      const messageId = await sent(messenger);
      const other = await sent(messenger, { buttons: [] });
      const before = await seen(CHAT);
      const probe = (id: number, button: string) =>
        messenger.probe({ chat: CHAT, messageId: id, buttons: chartOf(button) });
      expect(await probe(messageId, 'a')).toEqual({ kind: 'done', value: 'same' });
      expect(await probe(other, 'a')).toEqual({ kind: 'done', value: 'other' });
      expect(await probe(NOT_THERE, 'a')).toEqual({ kind: 'done', value: 'nothing' });
      expect(await seen(CHAT)).toEqual(before);
    });

    it('closes twice', async () => {
      const { messenger } = await make();
      await messenger.close();
      await messenger.close();
    });
  });
}
