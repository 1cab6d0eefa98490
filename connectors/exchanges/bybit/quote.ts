/** Foreign text in our messages: bounded, so that a huge frame does not make a huge error. */
export function quote(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
