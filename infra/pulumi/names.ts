/** Names of what there is one of. */

export const DATASET = 'history';
export const REPOSITORY = 'cst';
/** Bigtable wants six letters. */
export const STATE = { instance: 'cst-state', table: 'state', appProfile: 'state-store' } as const;
