import { expect } from 'vitest';
import { Fault } from '../../src/model/index.ts';

/** The fault that this work must end with, complete enough to act on: object, check and fix are there. */
export async function faultOf(work: () => Promise<unknown>): Promise<Fault> {
  try {
    await work();
  } catch (error) {
    expect(error).toBeInstanceOf(Fault);
    if (!(error instanceof Fault)) throw error;
    expect(error.object).not.toBe('');
    expect(error.check).not.toBe('');
    expect(error.fix).not.toBe('');
    return error;
  }
  throw new Error('it should have been refused, and was not');
}
