import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { buildWorld, smallLimits } from '../../support/build-world.ts';

const world = buildWorld();
afterAll(() => world.dispose());

const running = (lines: string) => `%install\n${lines}\n%files\n`;
const mebibyte = 1 << 20;

/** Processes of this machine whose command line has this in it. */
function processesWith(mark: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => commandLine(pid).includes(mark));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(join('/proc', pid, 'cmdline'), 'utf8');
  } catch {
    return '';
  }
}

describe('a build that takes too much', () => {
  test('[I03] processes: a fork bomb is stopped at the limit, and a build beside it goes on', async () => {
    const bomb = world.build({
      spec: running('b() { b | b & }; b; sleep 60'),
      limits: { seconds: 3, processes: 60 },
    });
    const other = await world.build({
      spec: running('for i in 1 2 3 4 5 6 7 8; do /bin/true; done'),
    });
    expect(other.answer.kind).toBe('built');
    const { answer } = await bomb;
    expect(answer).toMatchObject({ kind: 'failed' });
  });

  test('[I03] memory', async () => {
    const script = `python3 -c "
blocks = []
for n in range(64 * 1024): blocks.append(bytearray(1 << 20))
print('got 64 GiB')"`;
    const { answer, log } = await world.build({
      spec: running(script),
      limits: { memoryBytes: 128 * mebibyte, diskBytes: 32 * mebibyte },
    });
    expect(answer.kind).toBe('failed');
    expect(log).not.toMatch(/^got 64 GiB$/m);
  });

  test('[I03] room: every folder that can be written is full before it is large', async () => {
    const fill = `for d in . /tmp /var/tmp /dev/shm /dev / /usr /etc; do
  dd if=/dev/zero of=$d/fill bs=1M count=400 2>/dev/null || true
  [ ! -e $d/fill ] || echo "$d holds $(( $(stat -c %s $d/fill) / 1048576 ))"
  rm -f $d/fill 2>/dev/null || true
done`;
    const { log } = await world.build({ spec: running(fill) });
    const sizes = [...log.matchAll(/^(\S+) holds (\d+)$/gm)].map(([, d, n]) => [d, Number(n)]);
    expect(sizes.map(([d]) => d)).toEqual(['.', '/tmp', '/var/tmp', '/dev/shm']);
    const most = smallLimits.diskBytes / mebibyte;
    for (const [, size] of sizes) expect(size).toBeLessThanOrEqual(most);
  });

  test('[I03] files: millions of empty ones end the build, not the machine', async () => {
    const many = `python3 -c "
import os
os.mkdir('many')
for n in range(10_000_000): open('many/%d' % n, 'w').close()
print('ten millions')"`;
    const { answer, log } = await world.build({
      spec: running(many),
      limits: { seconds: 8, memoryBytes: 64 * mebibyte, diskBytes: 32 * mebibyte },
    });
    expect(answer).toMatchObject({ kind: 'failed' });
    expect(log).not.toMatch(/^ten millions$/m);
  });

  test('[I05] time: whatever sleeps for ever is ended with all its descendants', async () => {
    const { answer, log } = await world.build({
      spec: running('(setsid sleep 31337 &) ; sleep 31337'),
      limits: { seconds: 2 },
    });
    expect(answer).toMatchObject({ kind: 'failed', code: 'BuildLimit' });
    expect(log).toContain('it was still running, and was ended');
    expect(processesWith('31337')).toEqual([]);
  });

  test('[I05] what it leaves running does not keep the build from ending', async () => {
    const { answer } = await world.build({
      spec: running('(setsid sleep 41337 >&1 2>&1 &)'),
      limits: { seconds: 30 },
    });
    expect(answer.kind).toBe('built');
    expect(processesWith('41337')).toEqual([]);
  });

  test('is ended when nobody wants it any more', async () => {
    const stop = new AbortController();
    const build = world.build({ spec: running('sleep 51337'), signal: stop.signal });
    while (processesWith('51337').length === 0) await new Promise((r) => setTimeout(r, 50));
    stop.abort(new Error('not wanted'));
    await expect(build).rejects.toThrow('not wanted');
    expect(processesWith('51337')).toEqual([]);
  });
});

describe('a log that is too much', () => {
  const logBytes = 64 * 1024;

  test.each([
    ['many lines', 'yes a line of the log | head -c 200M'],
    ['one line', 'head -c 200M /dev/zero | tr "\\\\0" x'],
  ])('[I04] is cut, and says so at both ends: %s', async (_, flood) => {
    const lines = `echo at the beginning; ${flood}; echo; echo at the very end; exit 1`;
    const { log, answer } = await world.build({ spec: running(lines), limits: { logBytes } });
    expect(log.length).toBeLessThan(logBytes + 2000);
    expect(log).toMatch(/^\[sluice: this log was longer than its limit/);
    expect(log).toMatch(/\n\[sluice: \d{9} bytes left out here\]\n/);
    expect(log).toMatch(/\[sluice: end of a log that was cut/);
    expect(log).toContain('at the beginning');
    expect(log).toContain('at the very end');
    expect(answer.kind).toBe('failed');
  });

  test('[I04] commands to a terminal are text, whatever they are', async () => {
    const codes = `printf 'red \\033[31m title \\033]0;x\\007 nul \\000 back \\r over \\302\\233 end\\n'
printf 'bad \\377\\376 utf-8, bidi \\342\\200\\256\\n'`;
    const { log } = await world.build({ spec: running(codes) });
    expect(log).toContain(
      'red \\u001b[31m title \\u001b]0;x\\u0007 nul \\u0000 back  over \\u009b end\n',
    );
    expect(log).toContain('bidi \\u202e\n');
    expect(log).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
  });
});

describe('what lies where packages should be', () => {
  const out = '%{_rpmdir}';

  test.each([
    ['a symbolic link', `ln -s /etc/passwd ${out}/x.rpm`, 'a symbolic link'],
    ['a named pipe', `mkfifo ${out}/x.rpm`, 'a named pipe'],
    ['a directory', `mkdir -p ${out}/x86_64`, 'a directory'],
    ['a hard link', `echo x >${out}/a.rpm; ln ${out}/a.rpm ${out}/b.rpm`, 'a hard link'],
    ['a name of two lines', `touch "${out}/$(printf 'a\\nb').rpm"`, 'not a plain name'],
    ['a hidden name', `touch ${out}/.x.rpm`, 'not a plain name'],
    ['too many', `cd ${out}; seq 5000 | xargs touch`, '4096 files'],
    ['a huge hole', `truncate -s 60M ${out}/a.rpm; truncate -s 60M ${out}/b.rpm`, 'bytes in all'],
  ])('[I08] is refused by its name: %s', async (_, lines, found) => {
    const { answer } = await world.build({ spec: running(`${lines}\n`) });
    expect(answer).toMatchObject({ kind: 'failed', code: 'BuildOutputRefused' });
    expect(answer.kind === 'failed' && answer.found).toContain(found);
  });

  test('[I08] no file may be larger than all the room', async () => {
    const { answer, log } = await world.build({ spec: running(`truncate -s 100G ${out}/a.rpm`) });
    expect(answer).toMatchObject({ kind: 'failed' });
    expect(log).toMatch(/File too large|File size limit exceeded/);
  });
});
