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
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is self-signed: something stands between us and the exchange',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate cannot be verified: something may stand between us',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is another host’s: check the address',
  EPROTO: 'it does not speak TLS: check the address, and that nothing stands between us and the exchange',
  HPE_INVALID_CONSTANT: 'it does not speak HTTP: check the address',
};

/** One sentence about a failed connection to `url`. */
export function explainNetworkError(url: string, error: unknown): string {
  const message = messageOf(error);
  const status = /Unexpected server response: (\d+)/.exec(message)?.[1];
  const reason = status === undefined ? message : explainStatus(Number(status));
  return `Cannot reach ${url}: ${BY_CODE[networkCode(error, (code) => code in BY_CODE) ?? ''] ?? reason}.`;
}

/** What an HTTP status says where another was needed; the end of a sentence. */
export function explainStatus(status: number): string {
  if (status === 403 || status === 451)
    return `it answered ${status}: it may not serve this address or country`;
  if (status === 429) return 'it answered 429: too many connections from here';
  if (status === 418) return 'it answered 418: it has shut us out for asking too often';
  return `it answered ${status}`;
}
