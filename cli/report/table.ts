/** Tables of a report. Pure. */
import { type Content, html, type Markup } from './markup.ts';

export interface Column<T> {
  readonly name: string;
  readonly of: (row: T) => Content;
  /** Set right and in figures of one width. */
  readonly isNumber?: boolean;
  /** Red below 0, green above. */
  readonly sign?: (row: T) => number;
}

/** Heads are buttons where scripts run: a click sorts. */
export function table<T>(
  caption: string,
  columns: readonly Column<T>[],
  rows: readonly T[],
  foot?: T,
): Markup {
  if (rows.length === 0) return html`<p class="none">${caption}: none.</p>`;
  const head = columns.map(
    ({ name, isNumber }) => html`<th scope="col"${isNumber ? NUMBER : null}>${name}</th>`,
  );
  const last = foot === undefined ? null : html`<tfoot>${rowOf(columns, foot)}</tfoot>`;
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${caption}"><table>
<caption>${caption}</caption><thead><tr>${head}</tr></thead><tbody>
${rows.map((row) => rowOf(columns, row))}</tbody>${last}</table></div>`;
}

const NUMBER = html` class="n"`;

function rowOf<T>(columns: readonly Column<T>[], row: T): Markup {
  const cells = columns.map((column, i) => {
    const content = column.of(row);
    if (i === 0) return html`<th scope="row">${content}</th>`;
    return html`<td${classOf(column, row)}>${content}</td>`;
  });
  return html`<tr>${cells}</tr>\n`;
}

function classOf<T>({ isNumber, sign }: Column<T>, row: T): Markup | null {
  const value = sign?.(row) ?? 0;
  const colour = value > 0 ? ' up' : value < 0 ? ' down' : '';
  return isNumber ? html` class="n${colour}"` : null;
}
