import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Counts the memory and the processes of one build together. */
export interface ControlGroup {
  /** Folders whose `cgroup.procs` a process writes itself into. Empty: this machine gives us none. */
  readonly directories: readonly string[];
  readonly limitsMemory: boolean;
  readonly limitsProcesses: boolean;
  /** How often the kernel ended a process because the memory was used up. */
  memoryKills(): Promise<number>;
  remove(): Promise<void>;
}

interface Limits {
  readonly memoryBytes: number;
  readonly processes: number;
}

const mountPoint = '/sys/fs/cgroup';

/**
 * A group for one build, where this process may make one (version 1 or 2; root, or delegated to its user). Whatever
 * cannot be had is left to the limits of single processes.
 */
export async function controlGroup(name: string, limits: Limits): Promise<ControlGroup> {
  const text = await readFile('/proc/self/cgroup', 'utf8').catch(() => '');
  const own = (controller: string) => ownPath(text, controller);
  const one = own('');
  const unified =
    one === undefined
      ? undefined
      : await groupIn([join(mountPoint, one), join(mountPoint, dirname(one))], name, {
          'memory.max': limits.memoryBytes,
          'memory.swap.max': 0,
          'pids.max': limits.processes,
        });
  const places = (controller: string) => {
    const path = own(controller);
    const top = join(mountPoint, controller);
    return path === undefined ? [] : [join(top, path), top];
  };
  const memory =
    unified ??
    (await groupIn(places('memory'), name, { 'memory.limit_in_bytes': limits.memoryBytes }));
  const processes =
    unified ?? (await groupIn(places('pids'), name, { 'pids.max': limits.processes }));
  const directories = [...new Set([memory, processes])].filter((d) => d !== undefined);
  return {
    directories,
    limitsMemory: memory !== undefined,
    limitsProcesses: processes !== undefined,
    memoryKills: async () => (memory === undefined ? 0 : await killsIn(memory)),
    remove: async () => {
      for (const directory of directories) await removed(directory);
    },
  };
}

/** Where this process is in the hierarchy of a controller; '' asks for version 2. See cgroups(7). */
function ownPath(text: string, controller: string): string | undefined {
  const lines = text.trim().split('\n');
  const line = lines.find((l) => (l.split(':')[1] ?? '').split(',').includes(controller));
  return line?.split(':').slice(2).join(':');
}

/** In the first of these places where a group can be made that takes every setting. */
async function groupIn(
  parents: readonly string[],
  name: string,
  settings: Readonly<Record<string, number>>,
): Promise<string | undefined> {
  for (const parent of new Set(parents)) {
    const directory = join(parent, name);
    try {
      await mkdir(directory);
    } catch {
      continue;
    }
    try {
      for (const [file, value] of Object.entries(settings)) {
        // Never creates: on any other file system a group would be a folder that limits nothing.
        await writeFile(join(directory, file), String(value), { flag: 'r+' });
      }
      return directory;
    } catch {
      await removed(directory);
    }
  }
  return undefined;
}

async function killsIn(directory: string): Promise<number> {
  const files = ['memory.events', 'memory.oom_control'];
  const texts = files.map((f) => readFile(join(directory, f), 'utf8').catch(() => ''));
  const text = (await Promise.all(texts)).join('\n');
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
}

const attempts = 50;
const waitMilliseconds = 20;

/** A group can be removed once its last process is gone, which takes the kernel a moment after their end. */
async function removed(directory: string): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const gone = await rmdir(directory).then(
      () => true,
      () => false,
    );
    if (gone) return;
    await killProcesses(directory);
    await new Promise((resolve) => setTimeout(resolve, waitMilliseconds));
  }
}

async function killProcesses(directory: string): Promise<void> {
  const text = await readFile(join(directory, 'cgroup.procs'), 'utf8').catch(() => '');
  for (const pid of text.split('\n').map(Number)) {
    try {
      if (pid > 1) process.kill(pid, 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }
}
