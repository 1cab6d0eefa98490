/** Labels beside their prices, none on another: each as near to its price as the others leave room. */

export interface Wanted {
  /** Where its middle should be. Unit: px. */
  readonly y: number;
  /** Where there is no room for all, those of least weight are left out. */
  readonly weight: number;
}

export interface Placed<T> {
  readonly label: T;
  /** Where its middle is. */
  readonly y: number;
}

interface Cluster<T> {
  readonly labels: T[];
  /** Sum over the labels of where the first one's middle would have to be for it to stand right. */
  sum: number;
}

/** In order of y. @param height Of one label with the room round it. @param range Edges that none may pass. */
export function placeLabels<T extends Wanted>(
  labels: readonly T[],
  height: number,
  range: { readonly top: number; readonly bottom: number },
): Placed<T>[] {
  const room = Math.max(0, Math.floor((range.bottom - range.top) / height));
  const kept = labels.toSorted((a, b) => b.weight - a.weight).slice(0, room);
  const clusters: Cluster<T>[] = [];
  const firstOf = ({ sum, labels: own }: Cluster<T>) => {
    const lowest = range.bottom - height / 2 - (own.length - 1) * height;
    return Math.max(range.top + height / 2, Math.min(sum / own.length, lowest));
  };
  for (const label of kept.sort((a, b) => a.y - b.y)) {
    let next: Cluster<T> = { labels: [label], sum: label.y };
    for (let above = clusters.at(-1); above !== undefined; above = clusters.at(-1)) {
      if (firstOf(above) + above.labels.length * height <= firstOf(next)) break;
      clusters.pop();
      const shift = next.labels.length * above.labels.length * height;
      next = { labels: [...above.labels, ...next.labels], sum: above.sum + next.sum - shift };
    }
    clusters.push(next);
  }
  return clusters.flatMap((cluster) =>
    cluster.labels.map((label, i) => ({ label, y: firstOf(cluster) + i * height })),
  );
}
