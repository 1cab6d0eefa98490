/** The dashboard of a running stack: what it is told, and the server that shows it. It can fail; the stack cannot by it. */
import type { Clock } from '../connectors/clock/port.ts';
import { ConfigError, messageOf } from '../schemas/errors.ts';
import { Market } from './market/market.ts';
import type { MarketPorts } from './market/ports.ts';
import { chartUrl } from './market/signal-answers.ts';
import { ReplayDesk, type ReplayDeskOptions } from './replay/replay-desk.ts';
import { loadAssets } from './server/assets.ts';
import { EventStream } from './server/event-stream.ts';
import { Router } from './server/router.ts';
import { type Access, isLoopback } from './server/security.ts';
import { serve } from './server/server.ts';

export interface DashboardOptions {
  readonly market: MarketPorts;
  readonly replays: Pick<ReplayDeskOptions, 'folders' | 'prepare'>;
  readonly host: string;
  readonly port: number;
  readonly isPortFlexible: boolean;
  /** Everybody on this machine may look; elsewhere a token is needed. */
  readonly access: Access;
  /** The machine's. */
  readonly clock: Clock;
  /** Told in a sentence what a person should know. */
  readonly notice: (line: string) => void;
}

export interface Dashboard extends Pick<Market, 'take' | 'notice'> {
  readonly url: string;
  /** The picture of a signal was drawn for its alert. */
  charted(signalId: string): void;
  close(): Promise<void>;
}

/** @throws ConfigError where others could look without a token, UpstreamError where it cannot listen. */
export async function openDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { host, access, clock, notice } = options;
  if (!isLoopback(host) && !access.isNeeded) {
    throw new ConfigError(
      `Expected CST_DASHBOARD_TOKEN (or _FILE) to show the dashboard on ${host}, got none. Set one, or leave out --dashboard-host.`,
    );
  }
  const market = new Market({ ...options.market, realClock: clock });
  const stream = new EventStream(market.log);
  const replays = new ReplayDesk({
    ...options.replays,
    version: options.market.version,
    realClock: clock,
    onState: (state) => market.log.add('replay', state),
  });
  const close = async () => {
    stream.close();
    await Promise.all([market.close(), replays.close()]);
  };
  try {
    const router = new Router({ live: { market, stream }, replays, access, assets: loadAssets(), clock });
    const server = await serve({
      ...options,
      route: (request, response) => router.route(request, response),
      onDefect: (error) => notice(`Dashboard: ${messageOf(error)}`),
    });
    return {
      url: server.url,
      take: (topic, messages) => market.take(topic, messages),
      notice: (text) => market.notice(text),
      charted: (signalId) => market.charted(signalId, chartUrl(signalId)),
      close: async () => {
        await Promise.all([server.close(), close()]);
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
