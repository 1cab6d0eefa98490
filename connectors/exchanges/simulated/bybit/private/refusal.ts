/** What the simulated Bybit refuses, by the exchange's own codes. */

export class Refused extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export function refusal(code: number, message: string): Refused {
  return new Refused(code, message);
}
