import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hookReceiverOf } from '../../src/cli/hook-receiver.ts';
import { faultOf } from '../support/fault-of.ts';

test('[L01] a secret that is missing, empty or short refuses to start', async () => {
  const root = mkdtempSync(join(tmpdir(), 'sluice-hook-'));
  try {
    const file = (name: string, text: string) => {
      writeFileSync(join(root, name), text);
      return join(root, name);
    };
    const forge = { kind: 'github', repository: 'acme/policy' } as const;
    const start = (webhookSecretFile: string) => () =>
      hookReceiverOf({ ...forge, webhookSecretFile }, () => {});
    for (const bad of [
      join(root, 'absent'),
      file('empty', ''),
      file('line', '\n'),
      file('s', 'x'),
    ]) {
      expect(await faultOf(async () => start(bad)())).toMatchObject({ code: 'ConfigInvalid' });
    }
    const local = { kind: 'local', webhookSecretFile: file('good', 'sixteen letters!\n') } as const;
    expect(await faultOf(async () => hookReceiverOf(local, () => {}))).toMatchObject({
      code: 'ConfigInvalid',
    });
    expect(start(file('good', 'sixteen letters!\n'))()).toBeTypeOf('function');
    expect(hookReceiverOf(forge, () => {})).toBeUndefined();
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
