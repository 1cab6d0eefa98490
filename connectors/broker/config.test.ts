import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../schemas/errors.ts';
import { BrokerKeys, brokerConfig, brokerKeys, hostOf } from './config.ts';

const SECRET = 'sEcReTvAlUe42';

describe('where orders go', () => {
  it.each([
    [{ enabled: true }, 'https://api-testnet.bybit.com'],
    [{ enabled: true, network: 'testnet', iAcceptRealOrders: 'mainnet' }, 'https://api-testnet.bybit.com'],
    [{ enabled: true, network: 'mainnet', iAcceptRealOrders: 'mainnet' }, 'https://api.bybit.com'],
    [{ enabled: true, network: 'twin', twinUrl: 'http://127.0.0.1:8080/' }, 'http://127.0.0.1:8080'],
    [{ enabled: true, network: 'twin', twinUrl: 'http://[::1]:8080' }, 'http://[::1]:8080'],
  ])('%o: %s', (settings, host) => {
    expect(hostOf(brokerConfig(settings))).toBe(host);
  });

  it.each([
    [{}, /Real orders are off. Set broker.enabled to true/],
    [{ network: 'mainnet', iAcceptRealOrders: 'mainnet' }, /Real orders are off/],
    [{ enabled: true, network: 'mainnet' }, /need two settings.*set broker.iAcceptRealOrders to mainnet/],
    [{ enabled: true, network: 'mainnet', iAcceptRealOrders: 'yes' }, /need two settings/],
    [{ enabled: true, network: 'twin' }, /Expected broker.twinUrl on this machine.*got none/],
    [{ enabled: true, network: 'twin', twinUrl: 'https://api.bybit.com' }, /on this machine/],
    [{ enabled: true, network: 'twin', twinUrl: 'http://127.0.0.1.evil.com' }, /on this machine/],
    [{ enabled: true, network: 'twin', twinUrl: 'http://127.0.0.1@evil.com' }, /on this machine/],
    [{ enabled: true, twinUrl: 'http://127.0.0.1:8080' }, /Set it to twin, or leave the URL out/],
  ])('%o: nowhere', (settings, words) => {
    const config = brokerConfig(settings);
    expect(() => hostOf(config)).toThrow(ConfigError);
    expect(() => hostOf(config)).toThrow(words);
  });

  it.each([
    [{ enabled: 'yes' }, /enabled/],
    [{ network: 'demo' }, /network/],
    [{ recvWindowMs: 1 }, /recvWindowMs/],
    [{ iAcceptRealMoney: 'mainnet' }, /iAcceptRealMoney/],
    [null, /wrong/],
    [{ apiKey: SECRET }, /no settings: give them by CST_BYBIT_KEY/],
    [{ enabled: 3, secret: SECRET }, /no settings/],
  ])('%o is refused', (settings, words) => {
    expect(() => brokerConfig(settings)).toThrow(ConfigError);
    expect(() => brokerConfig(settings)).toThrow(words);
    expect(() => brokerConfig(settings)).not.toThrow(SECRET);
  });
});

describe('keys', () => {
  const folder = mkdtempSync(join(tmpdir(), 'broker-keys-'));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const paths = {
    CST_BYBIT_KEY_FILE: file('key', 'fromFile\n'),
    CST_BYBIT_SECRET_FILE: file('secret', `${SECRET}\n`),
  };

  it('come by value or by file', () => {
    const byFile = { key: 'fromFile', secret: SECRET };
    expect(brokerKeys(paths).reveal()).toEqual(byFile);
    expect(brokerKeys({ ...paths, CST_BYBIT_KEY: '', CST_BYBIT_SECRET: '' }).reveal()).toEqual(byFile);
    const { CST_BYBIT_SECRET_FILE } = paths;
    expect(brokerKeys({ CST_BYBIT_KEY: 'k', CST_BYBIT_SECRET_FILE }).reveal()).toEqual({
      key: 'k',
      secret: SECRET,
    });
  });

  it('that are missing, there twice or cannot be read are told by name', () => {
    expect(() => brokerKeys({})).toThrow(/Expected the API key.*got none.*CST_BYBIT_KEY_FILE/);
    expect(() => brokerKeys({ CST_BYBIT_KEY: 'k' })).toThrow(/Expected the API secret.*got none/);
    expect(() => brokerKeys({ ...paths, CST_BYBIT_KEY: 'k' })).toThrow(/CST_BYBIT_KEY_FILE, got both/);
    expect(() => brokerKeys({ CST_BYBIT_KEY_FILE: '/nowhere' })).toThrow(
      /CST_BYBIT_KEY_FILE names, got: ENOENT for \/nowhere/,
    );
    const spaced = () => new BrokerKeys('k', `two ${SECRET}`);
    expect(spaced).toThrow(ConfigError);
    expect(spaced).not.toThrow(SECRET);
  });

  it('are in nothing that is printed', () => {
    const keys = new BrokerKeys('kEyVaLuE', SECRET);
    const shown = [
      inspect(keys, { showHidden: true, depth: 9 }),
      JSON.stringify(keys),
      `${keys}`,
      Object.entries(keys).join(),
    ];
    for (const text of shown) {
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain('kEyVaLuE');
    }
    expect(keys.removedFrom(`a kEyVaLuE b ${SECRET}`)).toBe('a [API key] b [API secret]');
  });
});
