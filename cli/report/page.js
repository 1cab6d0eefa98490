/** Tables of a report: a click on a head sorts, words in the field filter. Runs in the page. */

for (const table of document.querySelectorAll('table')) sortable(table);
for (const card of document.querySelectorAll('.trades')) filterable(card);

function sortable(table) {
  const heads = [...table.querySelectorAll('thead th')];
  for (const [column, head] of heads.entries()) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener('click', () => {
      const isDown = head.getAttribute('aria-sort') === 'ascending';
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', isDown ? 'descending' : 'ascending');
      sort(table.tBodies[0], column, isDown ? -1 : 1);
    });
  }
}

function sort(body, column, sign) {
  const rows = [...body.rows].map((row) => ({ row, key: keyOf(row.cells[column].textContent) }));
  rows.sort((a, b) => sign * compare(a.key, b.key));
  body.append(...rows.map(({ row }) => row));
}

/** Numbers as numbers, whatever else as text. */
function keyOf(text) {
  const number = Number(text.replaceAll(',', '').replace('−', '-').replace('%', ''));
  return text.trim() === '' || Number.isNaN(number) ? text : number;
}

function compare(a, b) {
  if (typeof a === typeof b) return a < b ? -1 : Number(a > b);
  return typeof a === 'number' ? 1 : -1;
}

function filterable(card) {
  const rows = [...card.querySelectorAll('tbody tr')];
  if (rows.length === 0) return;
  const label = document.createElement('label');
  const field = document.createElement('input');
  const count = document.createElement('output');
  field.type = 'search';
  field.placeholder = 'e.g. BTCUSDT LONG SL';
  label.className = 'filter';
  label.append('Filter trades ', field, count);
  card.prepend(label);
  field.addEventListener('input', () => {
    const words = field.value.toUpperCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = [...row.cells]
        .map((cell) => cell.textContent)
        .join(' ')
        .toUpperCase();
      row.hidden = !words.every((word) => text.includes(word));
      if (!row.hidden) shown += 1;
    }
    count.textContent = words.length === 0 ? '' : `${shown} of ${rows.length}`;
  });
}
