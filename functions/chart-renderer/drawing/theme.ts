/** Colours and sizes. A phone shows the picture 400 px wide: 26 px here are 10 px there, the least that reads well. */

/** Telegram shrinks what is larger than 1280 px. */
export const WIDTH = 1024;
export const HEIGHT = 1280;

export const COLOR = {
  background: '#0b0f17',
  pane: '#101723',
  grid: '#1d2736',
  text: '#eaf0f7',
  quiet: '#93a1b5',
  rising: '#2fc4a0',
  falling: '#f2575c',
  entry: '#5aa9ff',
  tp: '#2ecc8f',
  sl: '#ff5d5d',
  support: '#4fc3f7',
  resistance: '#ffb454',
  trend: '#c39bff',
  mark: '#ffe066',
  doubt: '#f5a623',
  onBright: '#0b0f17',
} as const;

export const SIZE = { title: 56, fact: 30, label: 26, small: 24 } as const;
