/** Relays of a pair on one bus and one lease, in virtual time; their feed is a market of two trades a second. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { decodeTradeBatch, type TradeRow } from '../../schemas/trade-batch.ts';
import type { OutgoingMessage } from '../bus/port.ts';
import { ManualClock } from '../clock/manual.ts';
import type { Clock } from '../clock/port.ts';
import { snapshotMessage, tradeMessage } from '../feed/messages.ts';
import { ManualLease } from '../lease/manual.ts';
import type { Lease } from '../lease/port.ts';
import { type Outbox, openOutbox } from '../outbox/outbox.ts';
import { Standby } from './standby.ts';

export const START = 1_800_000_000_000;
export const TTL = 15_000;
export const TRADES = 'raw-tick-data';
export const SNAPSHOTS = 'book-snapshots';

export interface Sent {
  readonly by: string;
  readonly at: number;
  readonly topic: TopicName;
  readonly message: OutgoingMessage;
}

export interface TestRelay {
  readonly holder: string;
  readonly outbox: Outbox;
  readonly standby: Standby;
  readonly startedMs: number;
  readonly gaps: [string, number, number][];
  readonly log: string[];
  received: number;
  /** False: killed. It neither publishes nor reaches its lease, and receives nothing. */
  isAlive: boolean;
  /** False: the store of the lease does not answer it. */
  hasStore: boolean;
  isConnected: boolean;
  /** How long its process stood still without its timers having told it yet. Unit: ms. */
  stoodMs: number;
}

export class Pair {
  readonly clock = new ManualClock(START);
  readonly lease = new ManualLease(this.clock);
  readonly sent: Sent[] = [];
  readonly relays: TestRelay[] = [];
  isBusAway = false;
  #nextTrade = 1;

  async start(holder: string): Promise<TestRelay> {
    const startedMs = this.clock.now();
    const [gaps, log]: [TestRelay['gaps'], string[]] = [[], []];
    const reaches = () => relay === undefined || (relay.isAlive && relay.hasStore);
    const outbox = await openOutbox({
      bus: { publish: (topic, messages) => this.#publish(relay!, topic, messages) },
      clock: this.clock,
      spillDir: mkdtempSync(join(tmpdir(), 'standby-')),
      onDropped: () => {},
      isHeld: true,
    });
    let relay: TestRelay | undefined;
    const clock: Clock = {
      now: () => this.clock.now() + (relay?.stoodMs ?? 0),
      until: (ms, signal) => this.clock.until(ms, signal),
    };
    const standby = new Standby(
      { lease: reachable(this.lease, reaches), holder, ttlMs: TTL },
      {
        outbox,
        clock,
        market: this.clock,
        startedMs,
        log: (line) => log.push(line),
        onGap: (...gap) => gaps.push(gap),
      },
    );
    const state = { stoodMs: 0, received: 0, isAlive: true, hasStore: true, isConnected: true };
    relay = { holder, outbox, standby, startedMs, gaps, log, ...state };
    this.relays.push(relay);
    await settled();
    return relay;
  }

  /** Two trades a second, and a snapshot of it. */
  async trade(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      const at = this.clock.now();
      const rows = [0, 400].map((ms) => row(this.#nextTrade++, at + ms));
      await this.clock.advanceTo(at + 1_000);
      for (const relay of this.relays) if (relay.isAlive) this.#receive(relay, rows, at);
      await settled();
    }
  }

  /** Ids of the trades on the bus, in order of publication. */
  trades(by?: string): number[] {
    return this.of(TRADES, by).flatMap(({ message }) => {
      const batch = decodeTradeBatch(message.data);
      return Array.from({ length: batch.count }, (_, i) => Number(batch.trade(i).tradeId));
    });
  }

  /** Trades that came so far. */
  get traded(): number {
    return this.#nextTrade - 1;
  }

  of(topic: TopicName, by?: string): Sent[] {
    return this.sent.filter((sent) => sent.topic === topic && (by ?? sent.by) === sent.by);
  }

  async close(): Promise<void> {
    for (const relay of this.relays) {
      relay.isAlive = true;
      this.isBusAway = false;
      const stopping = relay.standby.stop(0);
      await this.clock.advanceTo(this.clock.now() + TTL);
      await stopping;
    }
  }

  async #publish(relay: TestRelay, topic: TopicName, messages: readonly OutgoingMessage[]): Promise<void> {
    if (!relay.isAlive) await new Promise(() => {});
    if (this.isBusAway) throw new Error('the bus is away');
    const at = this.clock.now();
    for (const message of messages) this.sent.push({ by: relay.holder, at, topic, message });
  }

  #receive(relay: TestRelay, rows: readonly TradeRow[], at: number): void {
    const { startedMs: since, received: from } = relay;
    const last = rows.at(-1)!;
    relay.received += rows.length;
    const trades = tradeMessage('bybit', 'BTCUSDT', rows, { since, from, last, sentAt: at + 1_000 });
    const snapshot = snapshotMessage(secondOf(at, relay.isConnected), { since, received: relay.received });
    relay.outbox.put([
      { topic: TRADES, messages: [trades] },
      { topic: SNAPSHOTS, messages: [snapshot] },
    ]);
  }
}

export async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
}

function row(id: number, ts: number): TradeRow {
  return { tradeId: String(id), seq: id, ts, price: 100, size: 1, side: 'BUY' };
}

function secondOf(ts: number, connected: boolean): BookSnapshot {
  const depth = { bps5: 1, bps10: 2, bps25: 3, bps50: 4 };
  return {
    id: `bybit:BTCUSDT:${ts}`,
    venue: 'bybit',
    symbol: 'BTCUSDT',
    ts,
    connected,
    desyncMs: 0,
    bestBid: 99,
    bestAsk: 101,
    bidDepth: depth,
    askDepth: depth,
    lastPrice: 100,
    lastTradeTs: ts,
    lastTradeSeq: 1,
    fundingRate: null,
    nextFundingTime: null,
    markPrice: null,
    openInterest: null,
    lastTradeAgeMs: 0,
    publishedTrades: 1,
  };
}

/** The lease as one relay has it. */
function reachable(lease: Lease, reaches: () => boolean): Lease {
  const orHang = async <T>(call: () => Promise<T>): Promise<T> =>
    reaches() ? call() : new Promise<T>(() => {});
  return {
    read: () => orHang(() => lease.read()),
    tryAcquire: (...all) => orHang(() => lease.tryAcquire(...all)),
    renew: (...all) => orHang(() => lease.renew(...all)),
    release: (...all) => orHang(() => lease.release(...all)),
    close: () => lease.close(),
  };
}
