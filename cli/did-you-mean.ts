/** The known word nearest to a mistyped one. */

/** Changes of a letter, at most, between a word and what was meant. */
const MAX_DISTANCE = 3;

/** ` Did you mean "x"?`, or nothing where no word is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  let best: string | undefined;
  let bestDistance = Math.min(MAX_DISTANCE, Math.ceil(word.length / 2)) + 1;
  for (const candidate of known) {
    const d = distanceOf(word.toLowerCase(), candidate.toLowerCase());
    if (d < bestDistance) [best, bestDistance] = [candidate, d];
  }
  return best === undefined ? '' : ` Did you mean "${best}"?`;
}

/** The beginning of a word is as near as one letter. */
function distanceOf(word: string, candidate: string): number {
  return word.length > 1 && candidate.startsWith(word) ? 1 : distance(word, candidate);
}

/** Levenshtein distance: insertions, deletions and replacements of one letter. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + Number(a[i - 1] !== b[j - 1]);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
