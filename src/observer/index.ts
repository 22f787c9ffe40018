/**
 * What is: the journal's facts, the store, the upstream offers and the forge, gathered into one Actual. Looks at the
 * world through ports and never changes it.
 */
export * from './build-memory.ts';
export * from './look.ts';
export * from './memory.ts';
export * from './schedule.ts';
export * from './signed-forms.ts';
