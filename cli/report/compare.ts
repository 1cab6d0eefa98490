/** Several books of several variants, side by side. Pure. */
import { moneyText } from '../../functions/texts.ts';
import { type Criterion, criteriaOf, percent } from './criteria.ts';
import { html, type Markup } from './markup.ts';
import type { BookSection } from './sections.ts';
import { type Column, table } from './table.ts';

/** Nothing where there is but one. */
export function comparison(sections: readonly BookSection[]): Markup | null {
  if (sections.length < 2) return null;
  const number = (name: string, of: (section: BookSection) => string): Column<BookSection> => ({
    name,
    of,
    isNumber: true,
  });
  const columns: readonly Column<BookSection>[] = [
    { name: 'book', of: ({ id, title }) => html`<a href="#${id}">${title}</a>` },
    number('trades', ({ book }) => String(book.performance.trades)),
    number('won', ({ book }) => orNone(book.performance.winRate, percent)),
    {
      ...number('net', ({ book }) => moneyText(book.performance.net)),
      sign: ({ book }) => book.performance.net,
    },
    number('return', ({ book }) => percent(book.performance.netReturn)),
    number('profit f.', ({ book }) => orNone(book.performance.profitFactor, (value) => value.toFixed(2))),
    number('drawdown', ({ book }) => percent(book.performance.maxDrawdown.share)),
    number('criteria passed', (section) => {
      const criteria = criteriaOf({ ...section, performance: section.book.performance });
      return `${passed(criteria)} of ${criteria.length}`;
    }),
  ];
  return html`<section><h2>Side by side</h2><div class="card">${table('Books', columns, sections)}
<p class="note">The best of several is flattered by having been chosen.</p></div></section>`;
}

function passed(criteria: readonly Criterion[]): number {
  return criteria.filter(({ verdict }) => verdict === 'PASS').length;
}

function orNone(value: number | null, format: (value: number) => string): string {
  return value === null ? 'N/A' : format(value);
}
