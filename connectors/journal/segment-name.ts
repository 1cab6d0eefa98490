/** Names of a journal's files, which sort by time: VENUE/20260301T120000.000Z-000001.ndjson.zst, by start of the run. */

const NAME = /^(\d{8}T\d{6}\.\d{3}Z)-(\d{6})\.ndjson\.zst$/;

export interface SegmentName {
  readonly run: string;
  readonly segment: number;
}

/** @param startedMs Of the run. */
export function runName(startedMs: number): string {
  return new Date(startedMs).toISOString().replaceAll(/[-:]/g, '');
}

export function segmentName({ run, segment }: SegmentName): string {
  return `${run}-${String(segment).padStart(6, '0')}.ndjson.zst`;
}

/** Undefined where the file is no segment. */
export function parseSegmentName(name: string): SegmentName | undefined {
  const [, run, segment] = NAME.exec(name) ?? [];
  return run === undefined ? undefined : { run, segment: Number(segment) };
}
