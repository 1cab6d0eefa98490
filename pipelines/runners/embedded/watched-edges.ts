/** Edges that tell how far event time has come: the smallest watermark of their sources, each time one of them is read. */
import type { Edges, SourceReader } from './edges.ts';

/** @param onWatermark Unit: ms since the epoch; -Infinity while a source has none. */
export function watchedEdges(edges: Edges, onWatermark: (watermarkMs: number) => void): Edges {
  const watermarks = new Map<string, number>();
  return {
    openSource(name) {
      const reader = edges.openSource(name);
      watermarks.set(name, Number.NEGATIVE_INFINITY);
      return watched(reader, (watermarkMs) => {
        watermarks.set(name, watermarkMs);
        onWatermark(Math.min(...watermarks.values()));
      });
    },
    write: (topic, bytes) => edges.write(topic, bytes),
    flush: () => edges.flush(),
  };
}

function watched(reader: SourceReader, onWatermark: (watermarkMs: number) => void): SourceReader {
  return {
    async read() {
      const chunk = await reader.read();
      if (chunk) onWatermark(chunk.watermarkMs);
      return chunk;
    },
    close: () => reader.close(),
  };
}
