/** Builds with mock(1), where it is installed. Its command line and configuration are pure functions. */
export { mockBuilder } from './mock-builder.ts';
