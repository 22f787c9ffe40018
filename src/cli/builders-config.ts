import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { Fault } from '../model/index.ts';

const file = z.string().min(1);

/** https, or http to this machine: a password and unsigned packages go over it. */
const address = z
  .string()
  .refine(isProtected, 'expected https://…, or http to this machine (127.0.0.1, ::1, localhost)');

function isProtected(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '' || url.search !== '') return false;
  const isLocal = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLocal);
}

/** Builders besides the sandbox of this machine; every secret is a file. */
export const BuildersConfig = z.strictObject({
  obs: z
    .strictObject({
      url: address.meta({ description: 'API of the Open Build Service, or source server of one.' }),
      user: z
        .string()
        .regex(/^[^:\s]+$/, 'expected a login without a colon')
        .optional()
        .meta({ description: 'Login at the API; a source server asks for none.' }),
      passwordFile: file.optional().meta({ description: 'File with its password, mode 0600.' }),
      project: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._+:-]{0,99}$/, 'expected the name of a project')
        .default('sluice')
        .meta({ description: 'Its projects are made below this one, which nothing else uses.' }),
      servedAt: address.meta({
        description: 'Where the service reaches what `sluice run` serves.',
      }),
      projectConfigFile: file.meta({
        description:
          'File with the project configuration of your distribution: Preinstall and so on.',
      }),
    })
    .refine((obs) => (obs.user === undefined) === (obs.passwordFile === undefined), {
      error: 'expected user and passwordFile together, or neither',
      path: ['user'],
    })
    .optional()
    .meta({ description: 'An Open Build Service, for `build.builder: obs`.' }),
  mock: z
    .strictObject({
      template: file.meta({
        description: 'Configuration of mock for your distribution, without repositories.',
      }),
    })
    .optional()
    .meta({ description: 'mock on this machine, for `build.builder: mock`.' }),
});
export type BuildersConfig = z.output<typeof BuildersConfig>;

/** The same with absolute paths; relative ones are in the state directory. */
export function absoluteFiles(state: string, builders: BuildersConfig): BuildersConfig {
  const { obs, mock } = builders;
  return {
    ...(obs && {
      obs: {
        ...obs,
        projectConfigFile: resolve(state, obs.projectConfigFile),
        ...(obs.passwordFile && { passwordFile: resolve(state, obs.passwordFile) }),
      },
    }),
    ...(mock && { mock: { template: resolve(state, mock.template) } }),
  };
}

/** Text of a file that `builders` names; read when a build wants it, so that no other verb needs it. */
export function builderFile(key: string, path: string): string {
  if (existsSync(path) && statSync(path).isFile()) return readFileSync(path, 'utf8');
  throw new Fault('ConfigInvalid', {
    object: path,
    check: `the file that builders.${key} names is there`,
    found: 'no such file',
    fix: 'Write the file, or correct controller.yaml in the state directory.',
  });
}
