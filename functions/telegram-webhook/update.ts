/** What Telegram posts, as far as we look at it: a command in a chat, or a press on a button. */
import { z } from 'zod';

const Chat = z.object({ id: z.number().int() });
const From = z.object({ id: z.number().int(), username: z.string().optional() });
const Entity = z.object({ type: z.string(), offset: z.number().int(), length: z.number().int() });

const Text = z.object({ text: z.string().optional(), entities: z.array(Entity).optional() });
const Message = Text.extend({
  message_id: z.number().int(),
  chat: Chat,
  from: From.optional(),
  reply_to_message: Text.optional(),
});
type Message = z.output<typeof Message>;

export const Update = z.object({
  update_id: z.number().int(),
  message: Message.optional(),
  channel_post: Message.optional(),
  callback_query: z
    .object({ id: z.string(), from: From, data: z.string().optional(), message: Message.optional() })
    .optional(),
});
export type Update = z.output<typeof Update>;

interface Heard {
  /** Of the update: the same when it comes again. */
  readonly id: number;
  readonly chat: string;
  readonly user: string | null;
  /** For people. */
  readonly by: string;
  readonly messageId: number;
}

export type Request =
  | (Heard & { readonly kind: 'command'; readonly name: string; readonly words: readonly string[] })
  | (Heard & {
      readonly kind: 'press';
      readonly pressId: string;
      readonly data: string;
      /** Code blocks of the message and of the one it answers. */
      readonly codes: readonly string[];
    });

/** Null where there is nothing for us in it. */
export function requestOf({
  update_id: id,
  message,
  channel_post,
  callback_query: press,
}: Update): Request | null {
  const said = message ?? channel_post;
  if (said) {
    const [, name, words = ''] = /^\/(\w+)(?:@\w+)?(?:\s+([\s\S]*))?$/.exec(said.text?.trim() ?? '') ?? [];
    if (name === undefined) return null;
    const split = words.split(/\s+/).filter(Boolean);
    return { kind: 'command', id, ...heard(said, said.from), name: name.toLowerCase(), words: split };
  }
  if (!press?.message || press.data === undefined) return null;
  const codes = [press.message, press.message.reply_to_message].flatMap((each) =>
    each ? codesOf(each) : [],
  );
  return {
    kind: 'press',
    id,
    ...heard(press.message, press.from),
    pressId: press.id,
    data: press.data,
    codes,
  };
}

function heard({ chat, message_id: messageId }: Message, from: z.output<typeof From> | undefined) {
  const by =
    from === undefined ? 'a channel' : from.username === undefined ? String(from.id) : `@${from.username}`;
  return { chat: String(chat.id), user: from === undefined ? null : String(from.id), by, messageId };
}

/** Offsets count UTF-16 units, as JavaScript does. */
function codesOf({ text = '', entities = [] }: z.output<typeof Text>): string[] {
  return entities
    .filter(({ type }) => type === 'pre')
    .map(({ offset, length }) => text.slice(offset, offset + length));
}
