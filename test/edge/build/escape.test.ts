import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildWorld } from '../../support/build-world.ts';

const world = buildWorld();
afterAll(() => world.dispose());

const script = {
  name: 'escape.py',
  content: readFileSync(new URL('specs/escape.py', import.meta.url)),
};
/** Runs shell lines as the package's own %install and makes an empty package. */
const running = (lines: string) => `%install\n${lines}\n%files\n`;

describe('a spec that is read', () => {
  test('[I01] runs what it has in it inside only', async () => {
    const canary = join(world.root, 'canary');
    const spec = `Name: sample
Version: 1.0
Release: 1
Summary: %(echo ran-at-parse >&2; touch ${canary} /tmp/${'canary'}; id -u)
License: MIT
BuildArch: noarch
%{lua: local f = io.open("${canary}", "w"); if f then f:write("x"); f:close() end
posix.mkdir("${canary}.d") os.execute("touch ${canary}.lua") }
%description
x
%prep
%(cp /etc/shadow ${canary}.shadow 2>/dev/null || :)
%files
`;
    const { answer, log } = await world.build({ spec });
    expect(log).toContain('ran-at-parse');
    for (const end of ['', '.d', '.lua', '.shadow'])
      expect(existsSync(`${canary}${end}`)).toBe(false);
    expect(answer.kind).toBe('built');
  });

  test.each([
    '%include /etc/shadow',
    '%include %{_sourcedir}/../../../../etc/shadow',
    '%{load:/etc/shadow}',
  ])('[I01] reads nothing of the machine: %s', async (line) => {
    const { log } = await world.build({ spec: `${line}\n${running('true')}` });
    expect(log).not.toContain('root:');
  });
});

describe('a build that wants out', () => {
  test('[I07] is denied every way', async () => {
    const spec = `Source0: escape.py\n${running('python3 %{_sourcedir}/escape.py')}`;
    const { log } = await world.build({ spec: preamble(spec), files: [script] });
    const count = Number(/^attempts (\d+)$/m.exec(log)?.[1]);
    expect(count).toBeGreaterThan(25);
    expect(log.match(/^ESCAPED .*$/gm) ?? []).toEqual([]);
    expect(log.match(/^denied /gm)).toHaveLength(count);
  });

  test('[I07] has no capability, no second chance for any, and a filter over its system calls', async () => {
    const { log } = await world.build({ spec: running('cat /proc/self/status; id') });
    for (const set of ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
      expect(log).toMatch(new RegExp(`^${set}:\\s0{16}$`, 'm'));
    }
    expect(log).toMatch(/^NoNewPrivs:\t1$/m);
    expect(log).toMatch(/^Seccomp:\t2$/m);
    expect(log).toContain('uid=1000(builder)');
  });
});

describe('secrets of the machine', () => {
  const secret = 'CANARY-5f1d';
  const agent = { name: '' };
  beforeAll(() => {
    process.env.SLUICE_TEST_TOKEN = secret;
    writeFileSync(join(world.root, 'site.key.asc'), secret);
    agent.name = execFileSync('sh', ['-c', `mktemp -d /var/tmp/canary-XXXXXX`]).toString().trim();
    writeFileSync(join(agent.name, 'secret'), secret);
  });
  afterAll(() => {
    delete process.env.SLUICE_TEST_TOKEN;
    execFileSync('rm', ['-rf', agent.name]);
  });

  test('[I06] are not found, in files, environments or processes', async () => {
    const lines = `set +x; part=CANARY
echo "environment: $(env | grep -c "$part-5f1d")"
for p in /proc/[0-9]*; do cat $p/environ $p/cmdline 2>/dev/null; done | tr '\\0' '\\n' >all
echo "processes: $(ls -d /proc/[0-9]* | wc -l) $(grep -c "$part-5f1d" all)"
echo "files: $(grep -rls "$part-5f1d" /etc /home /root /run /tmp /var /builddir /opt /srv /mnt 2>/dev/null | grep -vc rpmbuild/BUILD)"
for path in ${world.root} ${agent.name} /root /home /var/lib /run/dbus /etc/shadow /etc/ssh /root/.gnupg; do
  [ -e $path ] && echo "SEEN $path"; done
ls -A / /tmp /var`;
    const { log } = await world.build({ spec: running(lines) });
    expect(log).toContain('environment: 0');
    expect(log).toMatch(/^processes: \d 0$|^processes: 1\d 0$/m);
    expect(log).toContain('files: 0');
    expect(log.match(/^SEEN .*$/gm) ?? []).toEqual([]);
    expect(log).not.toContain(secret);
  });
});

describe('the network', () => {
  test('[I02] is not there: no address, no name, no loopback of the machine, no abstract socket', async () => {
    let reached = 0;
    const server = createServer((socket) => {
      reached += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const local = createServer((socket) => {
      reached += 1;
      socket.destroy();
    });
    const name = `sluice-test-${process.pid}`;
    await new Promise<void>((resolve) => local.listen(`\0${name}`, resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const script = `cat >try.py <<'END'
import socket
def attempt(name, act):
    try:
        act(); print('REACHED', name)
    except OSError as error:
        print('off', name, error)
attempt('loopback', lambda: socket.create_connection(('127.0.0.1', ${port}), 3))
attempt('address', lambda: socket.create_connection(('192.0.2.1', 80), 3))
attempt('name', lambda: socket.getaddrinfo('example.org', 80))
def abstract():
    s = socket.socket(socket.AF_UNIX); s.connect('\\0${name}')
attempt('abstract', abstract)
END
python3 try.py
ls /sys/class/net 2>/dev/null; cat /proc/net/dev
exit 1`;
    const { answer, log } = await world.build({ spec: running(script) });
    server.close();
    local.close();
    expect(log.match(/^off (\w+)/gm)).toEqual([
      'off loopback',
      'off address',
      'off name',
      'off abstract',
    ]);
    expect(reached).toBe(0);
    expect(answer).toMatchObject({ kind: 'failed', code: 'BuildFailed' });
    expect(answer.kind === 'failed' && `${answer.check}`).toContain('network');
  });
});

describe('a second build', () => {
  test('[I14] finds nothing of the first', async () => {
    const folders = '/tmp /var/tmp /dev/shm /builddir "$HOME"';
    const leave = `for d in ${folders}; do echo poison >$d/poison && echo "left $d"; done
echo '%%_topdir /tmp' >~/.rpmmacros`;
    const first = await world.build({ spec: running(leave) });
    expect(first.log.match(/^left /gm)).toHaveLength(5);
    const look = `find / \\( -path /proc -o -path /usr \\) -prune -o -name 'poison*' -print 2>/dev/null | sed 's/^/FOUND /'; ls -A ~; [ ! -e ~/.rpmmacros ]`;
    const second = await world.build({ spec: running(look) });
    expect(second.answer.kind).toBe('built');
    expect(second.log.match(/^FOUND .*$/gm) ?? []).toEqual([]);
  });
});

/** A spec with more lines in its head. */
function preamble(more: string): string {
  const [head = '', ...rest] = more.split('%install');
  return `Name: sample\nVersion: 1.0\nRelease: 1%{?dist}\nSummary: A sample\nLicense: MIT\nBuildArch: noarch\n${head}%description\nA sample.\n%install${rest.join('%install')}`;
}
