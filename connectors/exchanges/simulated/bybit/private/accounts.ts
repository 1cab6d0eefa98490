/** The private REST of the simulated Bybit: signed requests about accounts, their limits, and how they can fail. */
import { hash32 } from '../../../../random.ts';
import type { Listing } from '../../listing.ts';
import type { Answer, SentRequest } from '../../venue.ts';
import { Account } from './account.ts';
import { executionList, orderHistory, positionList, realtimeOrders } from './answers.ts';
import { authenticated, type TwinKey } from './auth.ts';
import { Refused, refusal } from './refusal.ts';
import { cancelOrder, changeLeverage, placeOrder } from './requests.ts';

export interface BybitAccountsOptions {
  /** Each is the key of an account of its own. */
  readonly keys: readonly TwinKey[];
  readonly seed?: number;
  /** Of each account to begin with. Unit: USDT. */
  readonly balance?: number;
  /** Share of an order's worth, whole multiples of 10^-8. */
  readonly fees?: { readonly maker: number; readonly taker: number };
  /** Names of orders that are over may be given again; default false. */
  readonly forgetsNames?: boolean;
  /** Requests of a key and path in a second. */
  readonly perSecond?: number;
  /** Told of each answer; of what failed by a fault, the code is null. */
  readonly onAnswer?: (path: string, ms: number, retCode: number | null) => void;
}

/** How the next requests of a path fail. */
export interface PrivateFault {
  readonly path: string;
  /** Default 1. */
  readonly times?: number;
  /** The exchange does what is asked all the same. */
  readonly isTaken: boolean;
  readonly answer:
    | 'cut'
    | 'silent'
    | { readonly status: number }
    | { readonly retCode: number; readonly retMsg: string; readonly result?: unknown };
}

interface Enveloped extends Answer {
  readonly body: { readonly retCode: number };
}

interface Asked {
  readonly account: Account;
  readonly key: TwinKey;
  readonly listings: ReadonlyMap<string, Listing>;
  readonly query: URLSearchParams;
  readonly body: string;
  readonly ms: number;
}

const PATHS: Readonly<Record<string, (asked: Asked) => unknown>> = {
  'POST /v5/order/create': ({ account, listings, body, ms }) => placeOrder(account, listings, body, ms),
  'POST /v5/order/cancel': ({ account, listings, body }) => cancelOrder(account, listings, body),
  'POST /v5/position/set-leverage': ({ account, listings, body }) => changeLeverage(account, listings, body),
  'GET /v5/order/realtime': ({ account, listings, query }) => realtimeOrders(account, listings, query),
  'GET /v5/order/history': ({ account, listings, query }) => orderHistory(account, listings, query),
  'GET /v5/position/list': ({ account, listings, query }) => positionList(account, listings, query),
  'GET /v5/execution/list': ({ account, listings, query, ms }) => executionList(account, listings, query, ms),
  'GET /v5/user/query-api': ({ key }) => keyInfo(key),
};

const SECOND_MS = 1_000;

export class BybitAccounts {
  readonly #options: BybitAccountsOptions;
  readonly #keys: ReadonlyMap<string, TwinKey>;
  readonly #accounts = new Map<string, Account>();
  readonly #faults: { readonly fault: PrivateFault; left: number }[] = [];
  readonly #asked = new Map<string, { fromMs: number; count: number }>();
  #listings: ReadonlyMap<string, Listing> = new Map();
  #delayMs = 0;

  constructor(options: BybitAccountsOptions) {
    this.#options = options;
    this.#keys = new Map(options.keys.map((key) => [key.key, key]));
  }

  /** The market begins. Times here are the exchange's. */
  open(listings: ReadonlyMap<string, Listing>, startMs: number): void {
    const {
      seed = 0,
      balance = 10_000,
      forgetsNames = false,
      fees = { maker: 0.0002, taker: 0.0006 },
    } = this.#options;
    this.#listings = listings;
    const rates = { maker: Math.round(fees.maker * 1e8), taker: Math.round(fees.taker * 1e8) };
    for (const key of this.#keys.keys()) {
      const executionDelayMs = () => this.#delayMs;
      const options = {
        listings,
        startMs,
        balance,
        fees: rates,
        executionDelayMs,
        forgetsNames,
        seed: hash32(seed, key),
      };
      this.#accounts.set(key, new Account(options));
    }
  }

  /** What is true of a key's account. */
  account(key: string): Account {
    return this.#accounts.get(key)!;
  }

  fail(fault: PrivateFault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 });
  }

  /** Faults that are left are forgotten. */
  heal(): void {
    this.#faults.length = 0;
  }

  /** From now on executions are listed so much later. */
  delayExecutions(ms: number): void {
    this.#delayMs = ms;
  }

  advanceTo(ms: number): void {
    for (const account of this.#accounts.values()) account.advanceTo(ms);
  }

  serves(path: string): boolean {
    return Object.keys(PATHS).some((each) => each.endsWith(` ${path}`));
  }

  answer(url: URL, ms: number, sent: SentRequest = { method: 'GET', headers: {}, body: '' }): Answer {
    this.advanceTo(ms);
    const fault = this.#nextFault(url.pathname);
    const answer = fault?.isTaken === false ? null : this.#usual(url, ms, sent);
    this.#options.onAnswer?.(url.pathname, ms, fault || !answer ? null : answer.body.retCode);
    return fault ? failed(fault, ms) : answer!;
  }

  #usual(url: URL, ms: number, sent: SentRequest): Enveloped {
    const envelope = (retCode: number, retMsg: string, result: unknown) => ({
      status: 200,
      body: { retCode, retMsg, result, retExtInfo: {}, time: ms },
    });
    try {
      const handle = PATHS[`${sent.method} ${url.pathname}`];
      if (!handle) throw refusal(10_017, 'Route not found.');
      const key = authenticated(this.#keys, url, sent, ms);
      const reset = this.#count(`${key.key} ${url.pathname}`, ms);
      if (reset !== null) {
        const headers = { 'x-bapi-limit-status': '0', 'x-bapi-limit-reset-timestamp': String(reset) };
        return { ...envelope(10_006, 'Too many visits!', {}), headers };
      }
      const account = this.account(key.key);
      const asked = { account, key, listings: this.#listings, query: url.searchParams, body: sent.body, ms };
      return envelope(0, 'OK', handle(asked));
    } catch (error) {
      if (error instanceof Refused) return envelope(error.code, error.message, {});
      throw error;
    }
  }

  /** Until when nothing more is taken; null where there is room. */
  #count(what: string, ms: number): number | null {
    const counted = this.#asked.get(what);
    const isOver = !counted || ms >= counted.fromMs + SECOND_MS;
    const now = isOver ? { fromMs: ms, count: 0 } : counted;
    this.#asked.set(what, now);
    now.count += 1;
    return now.count > (this.#options.perSecond ?? 10) ? now.fromMs + SECOND_MS : null;
  }

  #nextFault(path: string): PrivateFault | undefined {
    const next = this.#faults.find(({ fault, left }) => fault.path === path && left > 0);
    if (next) next.left -= 1;
    return next?.fault;
  }
}

function failed({ answer }: PrivateFault, ms: number): Answer {
  if (typeof answer === 'string') return { status: 200, body: {}, isLost: answer };
  if ('status' in answer) return { status: answer.status, body: {} };
  return { status: 200, body: { result: {}, ...answer, retExtInfo: {}, time: ms } };
}

function keyInfo({ key, isReadOnly = false, canWithdraw = false }: TwinKey): unknown {
  return {
    apiKey: key,
    readOnly: isReadOnly ? 1 : 0,
    permissions: {
      ContractTrade: ['Order', 'Position'],
      Wallet: canWithdraw ? ['AccountTransfer', 'Withdraw'] : [],
    },
    ips: ['*'],
    expiredAt: '',
    uta: 1,
  };
}
