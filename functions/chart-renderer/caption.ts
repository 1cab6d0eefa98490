/** The line below a picture: short, since the alert that it answers says the rest. */
import { escapeHtml } from '../../connectors/messenger/html.ts';
import type { Chart } from './content/chart.ts';

const MAX_NAME = 64;

export function captionOf({ pair, side, badge }: Chart): string {
  const title = [side, pair.slice(0, MAX_NAME)].filter((part) => part !== null).join(' ');
  return `<b>${escapeHtml(title)}</b>${badge === null ? '' : ` · ${escapeHtml(badge.text)}`}`;
}
