/** Text of files and of others, as a terminal may be shown it. Pure. */

/** Control characters could move its cursor, colour it or turn its lines round; they become "�". Lines and tabs stay. */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}
