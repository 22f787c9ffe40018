/**
 * Builds with an Open Build Service, over HTTP. What it answers is data of a stranger: names are checked before they
 * become files, and sizes before they are read.
 */
export { obsBuilder } from './obs-builder.ts';
export type { ObsSettings } from './settings.ts';
