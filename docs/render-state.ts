/** The list of what the state store holds, as a document. */
import { DAY_MS } from '../schemas/primitives.ts';
import {
  OWNED_KINDS,
  OWNED_STATE,
  type OwnedState,
  PUBLISHED_KINDS,
  PUBLISHED_STATE,
  type PublishedState,
} from '../schemas/state.ts';
import { lines, NOTICE, table } from './markdown.ts';

export function stateDocument(): string {
  return lines(
    '# State',
    '',
    NOTICE,
    '',
    'What is known now, in one table of rows by key: SQLite here, Bigtable in the cloud. A key is the kind and the parts',
    'below, with `#` between them; a part with `−` is a time, reversed, so that the newest row comes first. Names stand',
    'before times: writes of one moment go to as many places as there are symbols, not all to the end of the table.',
    'A row is changed whole or not at all, and a condition on it is checked in the same step; two rows never are.',
    '',
    '## Published',
    '',
    'Written by `functions/state-sink` from the topics. Cell `value` is the message as JSON, `rank` its place among those of',
    'the row: a message that comes late or twice changes nothing.',
    '',
    table(
      ['kind', 'one row is', 'key', 'newest by', 'ends', 'from topic'],
      PUBLISHED_KINDS.map((kind) => publishedRow(kind, PUBLISHED_STATE[kind])),
    ),
    '',
    '## Owned',
    '',
    'Decided upon by their owner: cell `value` as JSON, `version` one more with each write, which must follow the version',
    'that was read. Kept until deleted, where the row does not say otherwise.',
    '',
    table(
      ['kind', 'one row is', 'key', 'owner'],
      OWNED_KINDS.map((kind) => ownedRow(kind, OWNED_STATE[kind])),
    ),
  );
}

function publishedRow(kind: string, { row, key, newestBy, keep, topic }: PublishedState): string[] {
  const kept = 'ms' in keep ? daysOf(keep.ms) : `${keep.bars.toLocaleString('en-US')} bars`;
  return [
    `\`${kind}\``,
    row,
    key.map((part) => `\`${part.replace('-', '−')}\``).join(' '),
    newestBy.map((field) => `\`${field}\``).join(', then '),
    `${kept} after \`${keep.after}\``,
    `[\`${topic}\`](MESSAGES.md#${topic})`,
  ];
}

function daysOf(ms: number): string {
  return ms === DAY_MS ? '1 day' : `${ms / DAY_MS} days`;
}

function ownedRow(kind: string, { row, key, owner }: OwnedState): string[] {
  return [`\`${kind}\``, row, key.map((part) => `\`${part}\``).join(' '), owner];
}
