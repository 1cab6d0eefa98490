/** The bars of one pair and interval that the page knows. */
import type { Bar, FormingBar } from '../wire.ts';

/** What a chart draws of a bar; one that still forms has the lowest revision. */
export type ChartBar = FormingBar & Pick<Bar, 'revision' | 'filled' | 'complete' | 'coverage'>;

const FORMING = -1;
/** A browser left open for a week must not fill its memory. */
const MOST = 5_000;

export function formingBar(bar: FormingBar): ChartBar {
  return { ...bar, revision: FORMING, filled: false, complete: true, coverage: 1 };
}

export function isForming({ revision }: ChartBar): boolean {
  return revision === FORMING;
}

/** Oldest first, each open time once, in its highest revision. */
export class Bars {
  #list: readonly ChartBar[] = [];

  /** Another array whenever anything changed. */
  get list(): readonly ChartBar[] {
    return this.#list;
  }

  put(bars: readonly ChartBar[]): void {
    const known = new Map(this.#list.map((bar) => [bar.openTime, bar]));
    const news = bars.filter((bar) => isNews(known.get(bar.openTime), bar));
    if (news.length === 0) return;
    for (const bar of news) known.set(bar.openTime, bar);
    this.#list = [...known.values()].sort(byTime).slice(-MOST);
  }

  /** Whether the bar before this one is not known as it closed. */
  lacksBefore(openTime: string, intervalS: number): boolean {
    const at = this.#list.findLastIndex((bar) => bar.openTime === openTime);
    const before = this.#list[at - 1];
    if (before === undefined) return false;
    return isForming(before) || Date.parse(openTime) - Date.parse(before.openTime) > intervalS * 1_000;
  }
}

function isNews(known: ChartBar | undefined, bar: ChartBar): boolean {
  return known === undefined || bar.revision > known.revision || (isForming(bar) && isForming(known));
}

/** ISO 8601 with the same number of digits sorts as text. */
function byTime(a: ChartBar, b: ChartBar): number {
  return a.openTime < b.openTime ? -1 : a.openTime > b.openTime ? 1 : 0;
}

/** Bars that differ from those drawn; null where all must be drawn anew: others are in front of them, or between. */
export function changesOf(drawn: readonly ChartBar[], bars: readonly ChartBar[]): readonly ChartBar[] | null {
  const isSame = (i: number) => drawn[i]?.openTime === bars[i]?.openTime;
  if (drawn.length === 0 || !isSame(0) || !isSame(drawn.length - 1)) return null;
  const changed = bars.filter((bar, i) => bar !== drawn[i]);
  return changed.length > 10 ? null : changed;
}
