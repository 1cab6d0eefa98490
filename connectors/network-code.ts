/** The system's word for a failed connection: `fetch failed` tells nothing. */

/** Also where it is wrapped (fetch, several addresses tried at once). The first that is wanted; default any. */
export function networkCode(
  error: unknown,
  isWanted: (code: string) => boolean = () => true,
): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string' && isWanted(error.code)) return error.code;
  if (error instanceof AggregateError) {
    return error.errors.map((each) => networkCode(each, isWanted)).find((code) => code !== undefined);
  }
  return networkCode(error.cause, isWanted);
}
