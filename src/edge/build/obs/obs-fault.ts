import { Fault } from '../../../model/index.ts';

/** The build service cannot be reached, is busy, or answers what it should not: trying again may help. */
export function unavailable(object: string, check: string, found: string): Fault {
  return new Fault('BuilderUnavailable', {
    object,
    check,
    found,
    fix: 'Look at the build service; the build is tried again by itself.',
  });
}

/** The build service works and says no. */
export function unsuitable(object: string, check: string, found: string): Fault {
  return new Fault('BuilderUnsuitable', {
    object,
    check,
    found,
    fix: 'Mend `builders.obs` in controller.yaml or the rights of its user, then `sluice retry` the build.',
  });
}
