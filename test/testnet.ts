/** Keys of an account of Bybit's testnet for tests that trade there: CST_BYBIT_TESTNET_KEY and CST_BYBIT_TESTNET_SECRET. */
const { CST_BYBIT_TESTNET_KEY: key, CST_BYBIT_TESTNET_SECRET: secret } = process.env;

/** Null where there are none, as on most machines. */
export const TESTNET_KEYS = key !== undefined && secret !== undefined ? { key, secret } : null;
