/** Loaded before a command (`node --import`): no name has an address, as on a machine without a network. */
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

type Callback = (error: NodeJS.ErrnoException) => void;

function lookup(hostname: string, options: unknown, callback?: Callback): void {
  const answer = (callback ?? options) as Callback;
  const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), {
    code: 'ENOTFOUND',
    errno: -3008,
    syscall: 'getaddrinfo',
    hostname,
  });
  setImmediate(answer, error);
}

dns.lookup = lookup as unknown as typeof dns.lookup;
syncBuiltinESMExports();
