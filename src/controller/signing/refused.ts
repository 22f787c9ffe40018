import { Fault } from '../../model/index.ts';

/** The signer's no: what was asked for is not what accepted commits say. */
export function refused(
  object: string,
  check: string,
  values: { readonly expected?: string; readonly found?: string } = {},
): Fault {
  return new Fault('SigningRefused', {
    object,
    check,
    ...values,
    fix: 'Run `sluice reconcile`; if it stays, compare <keys>/audit.jsonl of the signer with `sluice status`.',
  });
}
