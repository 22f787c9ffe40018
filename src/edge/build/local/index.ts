/** Builds on this machine, in a sandbox that sees and changes nothing of it. */
export { localBuilder } from './local-builder.ts';
export { packSource } from './pack-source.ts';
export { type Probe, probeSandbox } from './probe-sandbox.ts';
