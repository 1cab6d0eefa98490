/** Small parts that several panels are made of. */
import { type ComponentChildren, h, type JSX } from 'preact';
import { partsOf, signed } from '../format.ts';
import type { Side } from '../wire.ts';

/** `rising` of a gain, `falling` of a loss. */
export function tone(value: number | null | undefined): string {
  return value === null || value === undefined || value === 0 ? 'quiet' : value > 0 ? 'rising' : 'falling';
}

export function sideTag(side: Side, ...more: ComponentChildren[]): JSX.Element {
  return h('span', { class: `tag ${side === 'LONG' ? 'long' : 'short'}` }, side, ...more);
}

/** Points up for LONG, down for SHORT. */
export function arrow(side: Side): JSX.Element {
  return h('i', {
    class: side === 'LONG' ? 'arrow rising' : 'arrow falling',
    role: 'img',
    'aria-label': side,
  });
}

/** The quote is the same in all of them, so it steps back. */
export function pairName(pair: string): ComponentChildren {
  const [base, quote] = partsOf(pair);
  return [base, h('small', { key: 'quote', class: 'quote' }, quote)];
}

/** An amount of quote, coloured by its sign. */
export function amount(value: number | null | undefined): JSX.Element {
  return h('span', { class: tone(value) }, signed(value, 2));
}

/** Columns of a table: a heading each, `num` where it holds numbers. */
export function head(...names: readonly string[]): JSX.Element {
  const cells = names.map((name) => {
    const text = name.replace(/^#/, '');
    return h('th', { key: text, scope: 'col', class: name.startsWith('#') ? 'num' : '' }, text);
  });
  return h('thead', null, h('tr', null, cells));
}

export function num(content: ComponentChildren, className = ''): JSX.Element {
  return h('td', { class: `num ${className}` }, content);
}

/** A table that scrolls by itself where it is wider than there is room, so the keyboard must get there. */
export function wideTable(caption: string, names: JSX.Element, rows: readonly JSX.Element[]): JSX.Element {
  const table = h(
    'table',
    { class: 'rows' },
    h('caption', { class: 'unseen' }, caption),
    names,
    h('tbody', null, rows),
  );
  return h('div', { class: 'wide', tabIndex: 0, role: 'region', 'aria-label': caption }, table);
}

/** What stands where there is nothing to show. */
export function empty(title: string, more = ''): JSX.Element {
  return h('div', { class: 'empty' }, h('strong', null, title), more && h('p', null, more));
}

export function failed(problem: string, retry: () => void): JSX.Element {
  return h(
    'div',
    { class: 'empty', role: 'alert' },
    h('strong', null, 'This could not be loaded'),
    h('p', null, problem),
    h('button', { type: 'button', onClick: retry }, 'Try again'),
  );
}

export function loading(what: string): JSX.Element {
  return h('div', { class: 'empty loading', role: 'status' }, `Loading ${what} …`);
}

export function section(title: string, ...content: ComponentChildren[]): JSX.Element {
  return h('section', { class: 'part', 'aria-label': title }, h('h3', null, title), ...content);
}

/** Facts as name and value. */
export function facts(rows: readonly (readonly [name: string, value: ComponentChildren])[]): JSX.Element {
  const pairs = rows.map(([name, value]) =>
    h('div', { key: name }, h('dt', null, name), h('dd', null, value)),
  );
  return h('dl', { class: 'facts' }, pairs);
}
