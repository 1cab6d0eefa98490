/** Whether and where real orders may be sent: off by default, play money unless said twice, keys never among settings. */
import { z } from 'zod';
import { ConfigError } from '../../schemas/errors.ts';
import type { Environment } from '../environment.ts';
import { secretOf } from '../secret.ts';

const Settings = z
  .strictObject({
    enabled: z.boolean().default(false).describe('Orders leave this machine only where this is true.'),
    network: z
      .enum(['testnet', 'mainnet', 'twin'])
      .default('testnet')
      .describe('Where to: play money, real money, or the simulated exchange of this machine.'),
    iAcceptRealOrders: z
      .string()
      .optional()
      .describe('Second word for real money: only `mainnet` lets orders go to mainnet.'),
    twinUrl: z.string().optional().describe('Of the simulated exchange, on this machine.'),
    recvWindowMs: z
      .int()
      .min(100)
      .max(60_000)
      .default(5_000)
      .describe('How old a request may be when it arrives, ms.'),
  })
  .describe('Orders on a real account.');

export type BrokerConfig = z.output<typeof Settings>;

const HOSTS = { testnet: 'https://api-testnet.bybit.com', mainnet: 'https://api.bybit.com' } as const;

/** @throws ConfigError that says what to change. */
export function brokerConfig(settings: unknown): BrokerConfig {
  const read = Settings.safeParse(settings);
  if (read.success) return read.data;
  const isSecret = Object.keys(settings ?? {}).some((name) => /key|secret/i.test(name));
  // The values may be secrets: the names alone are told.
  const hint = isSecret
    ? 'API key and secret are no settings: give them by CST_BYBIT_KEY and CST_BYBIT_SECRET, or files named by CST_BYBIT_KEY_FILE and CST_BYBIT_SECRET_FILE.'
    : z.prettifyError(read.error);
  throw new ConfigError(`The settings of the broker are wrong. ${hint}`);
}

/** Where orders go. @throws ConfigError where they may not go anywhere. */
export function hostOf(config: BrokerConfig): string {
  if (!config.enabled) {
    throw new ConfigError('Real orders are off. Set broker.enabled to true to send them to the testnet.');
  }
  if (config.network === 'twin') return twinHost(config.twinUrl);
  if (config.twinUrl !== undefined) {
    throw new ConfigError(
      `broker.twinUrl is set, but broker.network is ${config.network}. Set it to twin, or leave the URL out.`,
    );
  }
  if (config.network === 'mainnet' && config.iAcceptRealOrders !== 'mainnet') {
    throw new ConfigError(
      'Orders of real money need two settings: broker.network is mainnet, now set broker.iAcceptRealOrders to mainnet as well, or broker.network to testnet.',
    );
  }
  return HOSTS[config.network];
}

function twinHost(url: string | undefined): string {
  const parsed = URL.parse(url ?? '');
  if (parsed && /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(parsed.hostname)) return parsed.origin;
  throw new ConfigError(
    `Expected broker.twinUrl on this machine, e.g. http://127.0.0.1:8080, got ${url ?? 'none'}.`,
  );
}

/** API key and secret. Nothing that prints, inspects or serialises it shows them. */
export class BrokerKeys {
  readonly #key: string;
  readonly #secret: string;

  /** @throws ConfigError where one is missing or has spaces in it. */
  constructor(key: string | undefined, secret: string | undefined) {
    for (const [name, value] of [
      ['API key', key],
      ['API secret', secret],
    ] as const) {
      if (value === undefined || !/^[\x21-\x7e]{1,256}$/.test(value)) {
        const found = value ? 'one with characters that none has' : 'none';
        throw new ConfigError(
          `Expected the ${name} of Bybit, got ${found}. Set CST_BYBIT_KEY and CST_BYBIT_SECRET, or name files of them by CST_BYBIT_KEY_FILE and CST_BYBIT_SECRET_FILE.`,
        );
      }
    }
    this.#key = key!;
    this.#secret = secret!;
  }

  /** For headers alone. */
  reveal(): { readonly key: string; readonly secret: string } {
    return { key: this.#key, secret: this.#secret };
  }

  /** The text without them. */
  removedFrom(text: string): string {
    return text.replaceAll(this.#key, '[API key]').replaceAll(this.#secret, '[API secret]');
  }
}

/** Keys as the environment names them. @throws ConfigError */
export function brokerKeys(env: Environment): BrokerKeys {
  return new BrokerKeys(secretOf(env, 'CST_BYBIT_KEY'), secretOf(env, 'CST_BYBIT_SECRET'));
}
