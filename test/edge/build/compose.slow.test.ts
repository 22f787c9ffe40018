import { chmodSync, existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { composedWorld, running } from '../../support/composed-world.ts';
import { faultOf } from '../../support/fault-of.ts';
import { makeGpg } from '../../support/gpg.ts';

const world = composedWorld();
const gpg = makeGpg();
afterAll(() => {
  world.dispose();
  gpg.dispose();
});

describe('a root that is composed', () => {
  test('grows while the build says that it requires more', async () => {
    const tool = world.extra(
      'tool',
      '%install\nmkdir -p %{buildroot}/usr/bin; echo "echo used" >%{buildroot}/usr/bin/tool\n%files\n%attr(755,root,root) /usr/bin/tool',
    );
    const spec = running('tool').replace(
      '%install',
      '%generate_buildrequires\necho tool\n%install',
    );
    const { answer, log } = await world.build({ spec, repositories: [world.base, tool] });
    expect(log).toContain('[sluice: the build requires besides: tool]');
    expect(log).toMatch(/^used$/m);
    expect(answer.kind).toBe('built');
    expect(answer.buildroot).toContain('tool-1-1.noarch');
  });
});

describe('a repository that a root is made from', () => {
  test('is believed only by its keys', async () => {
    const other = gpg.makeKey('other', 'ed25519').publicKey;
    const repository = { ...world.base, keys: [other] };
    const { answer, log } = await world.build({
      spec: running('true'),
      repositories: [repository],
      inputs: { arch: 'noarch' },
    });
    expect(answer).toMatchObject({ kind: 'failed', code: 'BuildRequirements' });
    expect(log).toMatch(/GPG|signature|key/i);
  });

  test('has scriptlets that change nothing but the root', async () => {
    const canary = join(world.root, 'canary');
    const evil = world.extra('evil', scriptlet(canary));
    const { answer, log } = await world.build({
      spec: running('cat /etc/scriptlet', 'BuildRequires: evil'),
      source: { requires: ['evil'] },
      repositories: [world.base, evil],
    });
    expect(answer.kind).toBe('built');
    expect(log).toMatch(/^scriptlet as 0$/m);
    expect(log).not.toContain('ESCAPED');
    expect(existsSync(canary)).toBe(false);
    const [name = ''] = readdirSync(join(world.root, 'roots'));
    expect(lstatSync(join(world.root, 'roots', name, 'root/usr/bin/bash')).uid).toBe(
      process.getuid?.() === 0 ? 1_878_982_656 : process.getuid?.(),
    );
  });

  test.skipIf(process.getuid?.() !== 0)(
    'must be where the user of a sandbox can get to',
    async () => {
      chmodSync(world.root, 0o700);
      try {
        const fault = await faultOf(() =>
          world.build({ spec: running('true'), source: { requires: ['sed'] } }),
        );
        expect(fault).toMatchObject({ code: 'CannotIsolate', object: world.root });
        expect(fault.fix).toContain(`chmod o+x ${world.root}`);
      } finally {
        chmodSync(world.root, 0o755);
      }
    },
  );
});

/** Tries to get out while its package is installed. */
function scriptlet(canary: string): string {
  return `%post
echo "scriptlet as $(id -u)" >/etc/scriptlet
mkdir -p /x && mount -t proc none /x && echo ESCAPED mount >>/etc/scriptlet
mknod /disk b 8 0 && echo ESCAPED mknod >>/etc/scriptlet
echo x >/proc/sys/kernel/core_pattern && echo ESCAPED sysctl >>/etc/scriptlet
for p in /proc/[0-9]*; do [ -e $p/root${world.root}/evil ] && echo ESCAPED root >>/etc/scriptlet; done
touch ${canary} 2>/dev/null
exit 0
%files`;
}
