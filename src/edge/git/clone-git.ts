import type { SimpleGit } from 'simple-git';
import { ensureBare, type PolicyPlace } from './policy-place.ts';
import { fixedConfig, gitEnvironment } from './run-git.ts';

/**
 * simple-git in the private clone, for branches and merges of objects that are here already. It never talks to the
 * world. Its guard refuses our own hardening by default, so exactly that is allowed again.
 */
export async function cloneGit(place: PolicyPlace): Promise<SimpleGit> {
  await ensureBare(place, place.clone, place.mirror);
  const { simpleGit } = await import('simple-git');
  const date = `${Math.floor(place.clock.now())} +0000`;
  const { name, email } = place.identity;
  const env = {
    ...gitEnvironment(place.program),
    GIT_DIR: place.clone,
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
    GIT_COMMITTER_DATE: date,
  };
  return simpleGit({
    baseDir: place.clone,
    config: [...fixedConfig],
    trimmed: true,
    timeout: { block: (place.program.timeoutSeconds ?? 300) * 1000 },
    allowEnvironment: Object.keys(env),
    unsafe: {
      allowUnsafeAskPass: true,
      allowUnsafeConfigPaths: true,
      allowUnsafeCredentialHelper: true,
      allowUnsafeFsMonitor: true,
      allowUnsafeHooksPath: true,
      allowUnsafeProtocolOverride: true,
      allowUnsafeSshCommand: true,
    },
  }).env(env);
}
