/** Loaded before a command (`node --import …?twin=URL`): the exchange's addresses lead to its twin on this machine. */
import http from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

const REST = 'https://api.bybit.com';
const STREAM = 'stream.bybit.com';
const twin = new URL(new URL(import.meta.url).searchParams.get('twin') ?? '');

const { fetch: realFetch } = globalThis;
globalThis.fetch = (input, init) =>
  realFetch(
    typeof input === 'string' && input.startsWith(REST) ? twin.origin + input.slice(REST.length) : input,
    init,
  );

/** What `ws` connects by. */
interface Handshake extends http.RequestOptions {
  servername?: string;
}

const request = https.request as (options: Handshake) => http.ClientRequest;
https.request = ((options: Handshake) => {
  if (options.host !== STREAM) return request(options);
  const createConnection = () => net.connect(Number(twin.port), twin.hostname);
  return http.request({ ...options, host: twin.hostname, port: twin.port, createConnection });
}) as typeof https.request;
syncBuiltinESMExports();
