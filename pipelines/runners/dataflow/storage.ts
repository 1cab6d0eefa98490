/** The graph's place in Cloud Storage. */
import { ConfigError } from '../../../schemas/errors.ts';
import type { GoogleApi } from './google-api.ts';

export const STORAGE_URL = 'https://storage.googleapis.com';

/** Object names are content: what is there already is the same. */
const ALREADY_THERE = 412;

export class Storage {
  readonly #api: GoogleApi;
  readonly #baseUrl: string;

  constructor(api: GoogleApi, baseUrl = STORAGE_URL) {
    this.#api = api;
    this.#baseUrl = baseUrl;
  }

  /** Writes an object whose name tells its content; one that exists is left as it is. */
  async put(url: string, bytes: Uint8Array): Promise<void> {
    const { bucket, name } = locationOf(url);
    const query = new URLSearchParams({ uploadType: 'media', name, ifGenerationMatch: '0' });
    await this.#api.call({
      what: `store the graph at ${url}`,
      method: 'POST',
      url: `${this.#baseUrl}/upload/storage/v1/b/${encodeURIComponent(bucket)}/o?${query}`,
      body: bytes,
      contentType: 'application/octet-stream',
      expected: [ALREADY_THERE],
    });
  }

  async get(url: string): Promise<Uint8Array> {
    const { bucket, name } = locationOf(url);
    const path = `/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(name)}?alt=media`;
    const { bytes } = await this.#api.call({
      what: `read the running job's graph at ${url}`,
      method: 'GET',
      url: this.#baseUrl + path,
    });
    return bytes;
  }
}

/** @throws ConfigError where it is no gs:// address of an object. */
export function locationOf(url: string): { bucket: string; name: string } {
  const found = /^gs:\/\/([^/]+)\/(.+)$/.exec(url);
  if (found) return { bucket: found[1]!, name: found[2]! };
  throw new ConfigError(`Expected the address of an object, gs://BUCKET/NAME, got "${url}".`);
}
