import { Fault } from '../../src/model/index.ts';
import { buildWorld } from './build-world.ts';

/** Builds a small package in a process of its own and says how it ended; for machines that are made to lack something. */
const world = buildWorld();
try {
  const lines = process.argv[2] ?? 'true';
  const { answer } = await world.build({ spec: `%install\n${lines}\n%files\n` });
  console.log(answer.kind);
} catch (error) {
  if (!(error instanceof Fault)) throw error;
  console.log(`${error.code} ${error.found}`);
} finally {
  world.dispose();
}
