/** Runs the MACRO engine at each slot of market time, and again where a pair failed. */
import { SLOT_MS } from '../functions/macro-engine/bias.ts';
import { slotAt } from '../functions/macro-engine/macro.ts';
import { type MacroEngine, runMacro, SETTLED_AFTER_MS } from '../functions/macro-engine/run.ts';
import { messageOf } from '../schemas/errors.ts';
import { MINUTE_MS } from '../schemas/primitives.ts';

/** Begins with the slot that was last, so that there is a bias from the start on. Never rejects. */
export async function runMacroTimer(
  engine: MacroEngine,
  notice: (line: string) => void,
  stopping: AbortSignal,
): Promise<void> {
  const { clock } = engine;
  for (let slot = slotAt(clock.now()); ; slot = Math.max(slot + SLOT_MS, slotAt(clock.now()))) {
    await clock.until(slot + SETTLED_AFTER_MS, stopping);
    while (!stopping.aborted && !(await isDecided(engine, slot, notice, stopping))) {
      await clock.until(clock.now() + MINUTE_MS, stopping);
      // A later slot says more than this one.
      if (slotAt(clock.now()) > slot) break;
    }
    if (stopping.aborted) return;
  }
}

async function isDecided(
  engine: MacroEngine,
  slot: number,
  notice: (line: string) => void,
  stopping: AbortSignal,
): Promise<boolean> {
  try {
    const { failed } = await runMacro(engine, slot);
    if (failed.length > 0 && !stopping.aborted) {
      const { pair, reason } = failed[0]!;
      notice(`MACRO engine: ${failed.length} pairs not decided, first ${pair}: ${reason}`);
    }
    return failed.length === 0;
  } catch (error) {
    notice(`MACRO engine: ${messageOf(error)}`);
    return false;
  }
}
