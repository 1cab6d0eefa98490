/** The keyboard: one letter, one action; arrows within lists. */

/** By `KeyboardEvent.key`. */
export type Keys = Readonly<Record<string, () => void>>;

const LISTS = '.pairs tbody tr, .signals li';

export function startKeys(keys: Keys): void {
  addEventListener('keydown', (event) => {
    const { key, target, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey || (isTyping(target) && key !== 'Escape')) return;
    if (document.querySelector('dialog[open]') !== null) return;
    if ((key === 'ArrowUp' || key === 'ArrowDown') && moveInList(key === 'ArrowUp' ? -1 : 1)) {
      event.preventDefault();
      return;
    }
    const action = keys[key];
    if (action === undefined || (key.startsWith('Arrow') && isScrollable(target))) return;
    event.preventDefault();
    action();
  });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches('input:not([type=radio]), select, textarea');
}

/** What scrolls by itself, or chooses by arrows. */
function isScrollable(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('.wide, [type=radio]') !== null;
}

/** False where no list has the focus. */
function moveInList(step: number): boolean {
  const row = document.activeElement?.closest(LISTS);
  if (!row) return false;
  const next = step < 0 ? row.previousElementSibling : row.nextElementSibling;
  next?.querySelector('a')?.focus();
  return true;
}
