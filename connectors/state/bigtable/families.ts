/** Column families of the state table and their garbage collection: infrastructure and tests create them from here. */

/**
 * A cell lives in one of two families. Bigtable knows no expiry of a cell, only the age of a timestamp, so that of an
 * expiring cell is the instant it ends at: it is garbage as soon as that lies in the past. Collection takes up to a week,
 * which is why reads and conditions leave out what has ended.
 */
export const FAMILIES = {
  kept: {
    name: 'k',
    about: 'Cells that stay until they are overwritten; the timestamp is that of the write.',
    maxVersions: 1,
    maxAgeS: null,
  },
  expiring: {
    name: 'x',
    about: 'Cells with an end; the timestamp is that end.',
    maxVersions: 1,
    /** The least there is above nothing. */
    maxAgeS: 1,
  },
} as const;
