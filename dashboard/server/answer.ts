/** How the server answers: with the headers of each answer, compressed where that helps, and with errors as problems. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { z } from 'zod';
import { ConfigError, NotFoundError, UpstreamError, WireFormatError } from '../../schemas/errors.ts';
import { wireJson } from '../../schemas/wire-json.ts';
import { Problem } from '../api.ts';
import type { Asset } from './assets.ts';

const JSON_TYPE = 'application/json; charset=utf-8';
/** Shorter ones travel in one packet anyhow. */
const GZIP_FROM = 1_400;
const compress = promisify(gzip);

/** An error whose status is not that of its kind. */
export class HttpProblem extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

export async function sendJson(
  request: IncomingMessage,
  response: ServerResponse,
  schema: z.ZodObject,
  value: object,
): Promise<void> {
  const text = wireJson(schema, value);
  const headers = { 'content-type': JSON_TYPE, 'cache-control': 'no-store' };
  if (text.length < GZIP_FROM || !takesGzip(request)) return send(request, response, 200, headers, text);
  // On a thread of the pool: the process has other things to do.
  const bytes = await compress(text, { level: 1 });
  send(request, response, 200, { ...headers, 'content-encoding': 'gzip', vary: 'accept-encoding' }, bytes);
}

/** Asked for again at each visit, and sent again where it has changed. */
export function sendAsset(request: IncomingMessage, response: ServerResponse, asset: Asset): void {
  const { type, etag, bytes, gzipped } = asset;
  const headers = { 'content-type': type, etag, 'cache-control': 'no-cache', vary: 'accept-encoding' };
  if (request.headers['if-none-match'] === etag) send(request, response, 304, headers, '');
  else if (!takesGzip(request)) send(request, response, 200, headers, bytes);
  else send(request, response, 200, { ...headers, 'content-encoding': 'gzip' }, gzipped);
}

export function sendPng(request: IncomingMessage, response: ServerResponse, png: Uint8Array): void {
  send(request, response, 200, { 'content-type': 'image/png', 'cache-control': 'no-store' }, png);
}

/** What went wrong inside is told in a sentence, never with a stack. @returns Whether it was the server's own fault. */
export function sendProblem(request: IncomingMessage, response: ServerResponse, error: unknown): boolean {
  const { status, headers, text } = problemOf(error);
  if (response.headersSent) response.destroy();
  else {
    const all = { 'content-type': JSON_TYPE, 'cache-control': 'no-store', ...headers };
    send(request, response, status, all, wireJson(Problem, { error: text }));
  }
  return status === 500;
}

function problemOf(error: unknown): {
  status: number;
  headers: Readonly<Record<string, string>>;
  text: string;
} {
  const told = (status: number, text: string, headers = {}) => ({ status, text, headers });
  if (error instanceof HttpProblem) return told(error.status, error.message, error.headers);
  if (error instanceof z.ZodError) return told(400, z.prettifyError(error));
  if (error instanceof NotFoundError) return told(404, error.message);
  if (error instanceof WireFormatError) return told(400, error.message);
  if (error instanceof ConfigError) return told(400, error.message);
  if (error instanceof UpstreamError) return told(503, error.message);
  return told(500, 'Expected an answer, got a defect of ours: it is among the notices.');
}

function send(
  { method }: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
): void {
  const length = { 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, { ...headers, ...(status === 304 ? {} : length) });
  response.end(method === 'HEAD' || status === 304 ? undefined : body);
}

function takesGzip({ headers }: IncomingMessage): boolean {
  return /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''));
}
