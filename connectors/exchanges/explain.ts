/** Network failures in plain sentences: what happened, what to do. */
import { messageOf } from '../../schemas/errors.ts';
import { networkCode } from '../network-code.ts';

const BY_CODE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: check the address, and that the exchange or its simulator runs',
  ENOTFOUND: 'the host is unknown: check the address and this machine’s name resolution',
  EAI_AGAIN: 'the host name could not be resolved now: check this machine’s network',
  ECONNRESET: 'the other side cut the connection',
  EPIPE: 'the other side closed the connection while we wrote',
  ETIMEDOUT: 'no answer in time: a firewall may be in the way',
  ENETUNREACH: 'the network is not reachable: check this machine’s connection',
  EHOSTUNREACH: 'the host is not reachable: check this machine’s connection',
  CERT_HAS_EXPIRED: 'its certificate has expired: check this machine’s clock',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed: something stands between us and the exchange',
};

/** One sentence about a failed connection to `url`. */
export function explainNetworkError(url: string, error: unknown): string {
  const reason =
    BY_CODE[networkCode(error, (code) => code in BY_CODE) ?? ''] ?? explainStatus(messageOf(error));
  return `Cannot reach ${url}: ${reason}.`;
}

function explainStatus(message: string): string {
  const status = /Unexpected server response: (\d+)/.exec(message)?.[1];
  if (status === undefined) return message;
  if (status === '403' || status === '451')
    return `it answered ${status}: it may not serve this address or country`;
  return status === '429' ? 'it answered 429: too many connections from here' : `it answered ${status}`;
}
