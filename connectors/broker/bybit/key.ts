/** What may be done with an API key, and what should not be possible with one that trades. Pure. */
import type { z } from 'zod';
import { ConfigError } from '../../../schemas/errors.ts';
import type { KeyInfo } from './wire.ts';

/** Each a sentence for a person. @throws ConfigError where the key may not trade. */
export function keyWarnings({
  readOnly,
  permissions,
  ips = [],
  expiredAt = '',
}: z.output<typeof KeyInfo>): string[] {
  const trade = permissions.ContractTrade ?? [];
  if (readOnly === 1) {
    throw new ConfigError(
      'Expected an API key that may trade, got a read-only one. Make one that may read and write.',
    );
  }
  const isOfUnified = permissions.Derivatives?.includes('DerivativesTrade') ?? false;
  if (!isOfUnified && !['Order', 'Position'].every((right) => trade.includes(right))) {
    const has = trade.join(', ') || 'none';
    throw new ConfigError(
      `Expected an API key with the rights Order and Position for contracts, got ${has}. Give it both.`,
    );
  }
  const warnings: string[] = [];
  if (permissions.Wallet?.includes('Withdraw')) {
    warnings.push('The API key may withdraw money. Trading needs no such right: take it away.');
  }
  if (ips.length === 0 || ips.includes('*')) {
    warnings.push('The API key works from any address. Bind it to that of this machine.');
  }
  if (expiredAt !== '') warnings.push(`The API key ends at ${expiredAt}.`);
  return warnings;
}
