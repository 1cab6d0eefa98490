/** Where prices were a day ago: it moves on with the day, at first nobody may know it, and other pairs may be followed by then. */
import type { App } from './app.ts';
import { ask } from './client.ts';

const EVERY_MS = 60_000;
/** While it is not known of all pairs. */
const SOON_MS = 3_000;

export function followDay(app: App, changed: () => void): void {
  const look = async () => {
    const { market, place } = app;
    const overview = market && (await ask(place.source, '/api/overview').catch(() => null));
    if (overview && market === app.market) {
      if (market.day(overview.pairs)) changed();
      else void app.start();
    }
    setTimeout(look, app.market?.knowsDay ? EVERY_MS : SOON_MS);
  };
  setTimeout(look, SOON_MS);
}
