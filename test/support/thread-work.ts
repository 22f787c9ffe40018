import { Fault } from '../../src/model/index.ts';
import type { Work } from '../../src/ports.ts';

export const thisModule = import.meta.url;

/** What a test has threads do: read a file of the setup's folder, fail or die as told. */
export const work: Work<{ readonly directory: string }, string, string> = async (
  { disk, fetch },
  { setup, order, signal, tell },
) => {
  signal.throwIfAborted();
  if (order === 'fault') {
    const fields = { object: 'order', check: 'it can be done', found: 'a fault', fix: 'none' };
    throw new Fault('PackageInvalid', fields);
  }
  if (order === 'bug') throw new TypeError('a bug');
  if (order === 'death') process.exit(3);
  const path = `${setup.directory}/${order}`;
  for await (const chunk of fetch.open(path, { maxBytes: 100 })) tell(`${order}: ${chunk}`);
  await disk.replace(`${path}.seen`, order);
};
