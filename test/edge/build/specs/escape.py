# Run inside a build: tries one way out after the other and says of each whether it worked.
import ctypes, fcntl, os, socket, struct, sys

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
X86 = os.uname().machine == 'x86_64'


def number(x86, arm):
    return x86 if X86 else arm


def call(*args):
    if libc.syscall(*[ctypes.c_long(a) if isinstance(a, int) else a for a in args]) < 0:
        raise OSError(ctypes.get_errno(), 'refused')


def as_root():
    os.setuid(0)


def as_root_group():
    os.setgroups([0])


def mount():
    if libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) != 0:
        raise OSError(ctypes.get_errno(), 'refused')


def remount():
    if libc.mount(b'none', b'/usr', None, 32 | 4096, None) != 0:
        raise OSError(ctypes.get_errno(), 'refused')


def new_mount_interface():
    call(number(430, 430), b'tmpfs', 0)


def trace_first_process():
    call(number(101, 117), 16, 1, 0, 0)


def user_namespace():
    if libc.unshare(0x10000000) != 0:
        raise OSError(ctypes.get_errno(), 'refused')


def mount_namespace():
    if libc.unshare(0x00020000) != 0:
        raise OSError(ctypes.get_errno(), 'refused')


def other_namespace():
    handle = os.open('/proc/1/ns/user', os.O_RDONLY)
    if libc.setns(handle, 0) != 0:
        raise OSError(ctypes.get_errno(), 'refused')


def type_into_terminal():
    handle = os.open('/dev/tty', os.O_RDWR)
    fcntl.ioctl(handle, 0x5412, b'x')


def session_keyring():
    call(number(250, 219), 0, -3, 1)


def add_key():
    call(number(248, 217), b'user', b'x', b'y', 1, -3)


def io_uring():
    call(number(425, 425), 8, ctypes.create_string_buffer(248))


def bpf():
    call(number(321, 280), 0, ctypes.create_string_buffer(128), 128)


def userfaultfd():
    call(number(323, 282), 0)


def performance_events():
    call(number(298, 241), ctypes.create_string_buffer(128), 0, -1, -1, 0)


def second_call_table():
    # getpid by its x32 number: the list of refused calls must not have a second door.
    if not X86:
        raise OSError(1, 'not here')
    call(0x40000000 + 39)


def disk_device():
    os.mknod('/tmp/disk', 0o060600, os.makedev(8, 0))


def memory_device():
    os.mknod('/tmp/mem', 0o020600, os.makedev(1, 1))


def write_system():
    open('/usr/bin/escaped', 'w')


def write_root():
    open('/escaped', 'w')


def write_devices():
    open('/dev/escaped', 'w')


def write_kernel_settings():
    open('/proc/sys/kernel/core_pattern', 'w').write('|/tmp/x')


def sysrq():
    open('/proc/sysrq-trigger', 'w').write('h')


def chroot():
    os.chroot('/tmp')


def host_name():
    socket.sethostname('escaped')


def kill_outside():
    os.kill(int(open('/proc/self/stat').read().split()[3]) + 100000, 9)


def reopen_input():
    # Whatever was handed in must not lead back to a file of the machine.
    for name in os.listdir('/proc/self/fd'):
        target = os.readlink('/proc/self/fd/' + name)
        if target.startswith('/') and not target.startswith(('/dev/', '/proc/', '/builddir/', '/usr/')):
            return
    raise OSError(1, 'nothing')


def leave_by_open_folder():
    for name in os.listdir('/proc/self/fd'):
        path = '/proc/self/fd/%s/../..' % name
        try:
            if os.path.exists(path + '/etc/shadow') or os.path.exists(path + '/keys'):
                return
        except OSError:
            pass
    raise OSError(1, 'nothing')


def raw_socket():
    socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)


def packet_socket():
    socket.socket(17, socket.SOCK_RAW, 0)


attempts = [v for k, v in list(globals().items()) if callable(v) and getattr(v, '__module__', '') == '__main__' and k not in ('number', 'call')]
for attempt in attempts:
    try:
        attempt()
        print('ESCAPED', attempt.__name__)
    except Exception as error:
        print('denied', attempt.__name__, error)
print('attempts', len(attempts))
