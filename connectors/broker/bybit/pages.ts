/** All rows of a list that Bybit tells in pages. */
import type { z } from 'zod';
import { UpstreamError } from '../../../schemas/errors.ts';
import type { RestQuery } from '../../exchanges/rest-client.ts';
import type { BybitApi } from './api.ts';

/** Of a hundred rows or so each: a list that goes on beyond them runs in a circle. */
const MOST_PAGES = 200;

type Page<Row> = z.ZodType<{ readonly list: Row[]; readonly nextPageCursor?: string | undefined }>;

/** @throws UpstreamError, ConfigError */
export async function pages<Row>(
  api: BybitApi,
  path: string,
  query: RestQuery,
  schema: Page<Row>,
): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor = '';
  for (let page = 0; page < MOST_PAGES; page++) {
    const { list, nextPageCursor = '' } = await api.get(
      path,
      { ...query, ...(cursor && { cursor }) },
      schema,
    );
    rows.push(...list);
    if (nextPageCursor === '' || decodeURIComponent(nextPageCursor) === cursor) return rows;
    // It comes as it stands in a URL, where it is written as all else is.
    cursor = decodeURIComponent(nextPageCursor);
  }
  throw new UpstreamError(`Expected at most ${MOST_PAGES} pages of ${path} from Bybit, got more.`);
}
