import { afterAll, describe, expect, test } from 'vitest';
import { buildWorld } from '../../support/build-world.ts';

const world = buildWorld();
afterAll(() => world.dispose());

const file = `%install
mkdir -p %{buildroot}/usr/share
echo hello >%{buildroot}/usr/share/sample
%files
/usr/share/sample
`;

describe('a build on this machine', () => {
  test('brings out the binary package and the source package that was built', async () => {
    const { answer, names, log } = await world.build({ spec: file });
    expect(log).toContain('Executing(%install)');
    expect(answer.kind).toBe('built');
    expect(names).toEqual(['sample-1.0-1.noarch.rpm', 'sample-1.0-1.src.rpm']);
  });
});
