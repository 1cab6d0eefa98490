/** Dark or light: as the system has it until somebody chooses. */

export type Theme = 'dark' | 'light';

const KEY = 'theme';
const system = matchMedia('(prefers-color-scheme: light)');

function chosen(): Theme | null {
  const theme = localStorage.getItem(KEY);
  return theme === 'dark' || theme === 'light' ? theme : null;
}

export function theme(): Theme {
  return chosen() ?? (system.matches ? 'light' : 'dark');
}

/** Draws the page in its theme now and at each change; `onChange` hears of those that follow. */
export function startTheme(onChange: () => void): void {
  const show = () => {
    document.documentElement.dataset.theme = theme();
  };
  system.addEventListener('change', () => {
    show();
    onChange();
  });
  show();
}

export function toggleTheme(): void {
  const next = theme() === 'dark' ? 'light' : 'dark';
  localStorage.setItem(KEY, next);
  document.documentElement.dataset.theme = next;
}

/** Value of one of the custom properties of theme.css. */
export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
