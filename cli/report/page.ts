/** The report as one page: everything in it, nothing fetched, nothing run but its own script. Pure but for its two files. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { FeedEvent } from '../../schemas/feed-event.ts';
import { DAY_MS } from '../../schemas/primitives.ts';
import { comparison } from './compare.ts';
import { utc } from './drawing/trade-chart.ts';
import type { Run } from './folder.ts';
import { html, Markup } from './markup.ts';
import { type BookSection, bookSection } from './sections.ts';
import { signalSection } from './signal-section.ts';
import { type Column, table } from './table.ts';

const STYLE = readFileSync(new URL('./page.css', import.meta.url), 'utf8');
const SCRIPT = readFileSync(new URL('./page.js', import.meta.url), 'utf8');

/** Equal runs make equal bytes. */
export function pageOf(runs: readonly Run[]): string {
  const title = titleOf(runs);
  const policy = `default-src 'none'; style-src '${sha256(STYLE)}'; script-src '${sha256(SCRIPT)}'; base-uri 'none'; form-action 'none'`;
  return html`${new Markup('<!doctype html>')}
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${new Markup(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="dark light">
<title>${title}</title><style>${new Markup(STYLE)}</style></head>
<body><header><h1>Backtest <span>${spanOf(runs)}</span></h1></header><main>
${comparison(runs.flatMap(sectionsOf))}${runs.map(runOf)}</main>
<footer>Crypto Signal Tracker ${runs[0]!.report.version}. Paper results on history: no promise of anything.</footer>
<script>${new Markup(SCRIPT)}</script></body></html>
`.text;
}

function titleOf(runs: readonly Run[]): string {
  return `Backtest ${spanOf(runs)}`;
}

function spanOf([run]: readonly Run[]): string {
  const { fromMs, toMs } = run!.report.range;
  return `${utc(fromMs).slice(0, 10)} to ${utc(toMs).slice(0, 10)}`;
}

/** Names may hold anything; ids do not. */
function idOf({ variant }: Run, index: number): string {
  return `book-${variant === null ? '' : `${createHash('sha256').update(variant).digest('hex').slice(0, 8)}-`}${index}`;
}

function nameOf({ variant }: Run, book: string): string {
  return variant === null ? `Book ${book}` : `Variant ${variant}, book ${book}`;
}

function sectionsOf(run: Run): BookSection[] {
  const { report, trades, bars } = run;
  const byPair = Map.groupBy(bars, ({ pair }): string => pair);
  const byBook = Map.groupBy(trades, ({ book }): string => book);
  return Object.entries(report.books).map(([name, book], i) => ({
    title: nameOf(run, name),
    id: idOf(run, i),
    book,
    range: report.range,
    bars: byPair,
    trades: byBook.get(name) ?? [],
    startEquity: book.performance.endEquity - book.performance.net,
  }));
}

function runOf(run: Run): Markup {
  return html`${madeOf(run)}${sectionsOf(run).map(bookSection)}${signalSection(run)}<section class="ledger"><h2>What the data lacked</h2><div class="card">${ledger(run)}</div></section>`;
}

function madeOf({ report, variant }: Run): Markup {
  const { range, pairs, data, paramsHash, quality, macro, version, assumptions, trials } = report;
  const signals = report.params.signals as { readonly variant?: string };
  const facts: readonly (readonly [string, string])[] = [
    ['Traded', `${utc(range.fromMs)} to ${utc(range.toMs)} UTC, ${daysOf(range.toMs - range.fromMs)}`],
    [
      'Warmed by',
      range.fromMs > range.warmUpFromMs ? daysOf(range.fromMs - range.warmUpFromMs) : 'nothing before it',
    ],
    ['Pairs', pairs.join(' ')],
    ['Signals', `variant ${signals.variant ?? variant ?? 'default'}`],
    ['Books', Object.keys(report.books).join(', ')],
    ['Trials', trialsText(trials ?? 1)],
    [
      'Parameters',
      Object.entries(paramsHash)
        .map(([name, hash]) => `${name} ${hash}`)
        .join(' · '),
    ],
    ['Data', `${data.hash}, ${data.files.length} ${data.files.length === 1 ? 'file' : 'files'}`],
    [
      'Rows read',
      `${quality.rows.toLocaleString('en-US')}, ${quality.deadLetters} unreadable, ${quality.late} late`,
    ],
    [
      'MACRO',
      `${macro.decided.toLocaleString('en-US')} slots, ${macro.judged.toLocaleString('en-US')} judged in full, ${macro.biased.toLocaleString('en-US')} with a bias, ${macro.swings} swings`,
    ],
    ['Code', `version ${version}`],
  ];
  return html`<section class="made"><h2>${variant === null ? 'What was tried' : `Variant ${variant}: what was tried`}</h2><div class="card"><dl class="facts">${facts.map(([name, text]) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`)}</dl>
<details open><summary>Taken for granted</summary><ul>${assumptions.stated.map((text) => html`<li>${text}</li>`)}</ul></details>
<details><summary>Files and parameters</summary><ul class="files">${data.files.map(({ symbol, name, sha256: hash }) => html`<li>${symbol ?? 'all'} <b>${name}</b> <code>${hash}</code></li>`)}</ul><pre tabindex="0">${JSON.stringify({ assumptions: assumptions.values, ...report.params }, null, 1)}</pre></details></div></section>`;
}

function daysOf(ms: number): string {
  return `${(ms / DAY_MS).toFixed(1)} days`;
}

function trialsText(count: number): string {
  if (count > 1) return `${count} variants side by side; the best of several is flattered by that`;
  return '1, this run; what was tried before it is not known here';
}

function ledger({ gaps, report: { quality } }: Run): Markup {
  const spans = gaps.filter(({ from }) => from !== null);
  const columns: readonly Column<FeedEvent>[] = [
    { name: 'symbol', of: ({ symbol }) => symbol },
    { name: 'kind', of: ({ kind }) => kind },
    { name: 'from (UTC)', of: ({ from }) => (from === null ? '–' : utc(from)) },
    { name: 'to (UTC)', of: ({ to }) => (to === null ? '–' : utc(to)) },
    { name: 'cause', of: ({ cause }) => cause },
    { name: 'recovered', isNumber: true, of: ({ tradesRecovered }) => tradesRecovered },
    { name: 'whole again', of: ({ resolved }) => (resolved ? 'yes' : 'no') },
  ];
  const minutes = (count: number) => count.toLocaleString('en-US');
  return html`<p>${minutes(quality.incompleteMinutes)} minutes incomplete, ${minutes(quality.silentMinutes)} without a trade.</p>${table('Gap ledger', columns, spans)}`;
}

function sha256(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
