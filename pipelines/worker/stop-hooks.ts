/** What a worker gives back before it ends. */

export class StopHooks {
  readonly #hooks = new Set<() => Promise<void>>();

  /** `run` may run it more than once. */
  add(hook: () => Promise<void>): void {
    this.#hooks.add(hook);
  }

  /** All at once; one that fails keeps no other. Never rejects. */
  async run(): Promise<void> {
    await Promise.allSettled([...this.#hooks].map(async (hook) => hook()));
  }
}

/** Operators are made by the SDK, which tells them of no end: one process, one registry. */
export const stopHooks = new StopHooks();
