import { constants, endianness } from 'node:os';

/**
 * System calls that no build needs and that reach into the kernel or into other processes. Numbers from the kernel's
 * `arch/x86/entry/syscalls/syscall_64.tbl`, `syscall_32.tbl` and `include/uapi/asm-generic/unistd.h`.
 */
const refused = {
  x64: {
    audit: 0xc000003e,
    calls: {
      ptrace: 101,
      add_key: 248,
      request_key: 249,
      keyctl: 250,
      mount: 165,
      umount2: 166,
      pivot_root: 155,
      swapon: 167,
      kexec_load: 246,
      kexec_file_load: 320,
      init_module: 175,
      finit_module: 313,
      perf_event_open: 298,
      setns: 308,
      process_vm_readv: 310,
      process_vm_writev: 311,
      bpf: 321,
      userfaultfd: 323,
      io_uring_setup: 425,
      io_uring_enter: 426,
      io_uring_register: 427,
      open_tree: 428,
      move_mount: 429,
      fsopen: 430,
      fsconfig: 431,
      fsmount: 432,
      mount_setattr: 442,
    },
  },
  arm64: {
    audit: 0xc00000b7,
    calls: {
      ptrace: 117,
      add_key: 217,
      request_key: 218,
      keyctl: 219,
      mount: 40,
      umount2: 39,
      pivot_root: 41,
      swapon: 224,
      kexec_load: 104,
      kexec_file_load: 294,
      init_module: 105,
      finit_module: 273,
      perf_event_open: 241,
      setns: 268,
      process_vm_readv: 270,
      process_vm_writev: 271,
      bpf: 280,
      userfaultfd: 282,
      io_uring_setup: 425,
      io_uring_enter: 426,
      io_uring_register: 427,
      open_tree: 428,
      move_mount: 429,
      fsopen: 430,
      fsconfig: 431,
      fsmount: 432,
      mount_setattr: 442,
    },
  },
} as const;

// `struct sock_filter` and `SECCOMP_RET_*`: linux/filter.h, linux/seccomp.h.
const load = 0x20;
const jumpIfEqual = 0x15;
const jumpIfAtLeast = 0x35;
const answer = 0x06;
const allow = 0x7fff0000;
const refuse = 0x00050000 | constants.errno.EPERM;
const offsetOfNumber = 0;
const offsetOfArchitecture = 4;
/** x86_64 has a second set of numbers (x32), which would go around the list. */
const x32 = 0x40000000;

/**
 * The filter in the form that `bwrap --seccomp` reads: refused calls fail with EPERM, and so does every call of another
 * processor mode. undefined for processors whose numbers are not known here.
 */
export function seccompFilter(processor: string): Uint8Array | undefined {
  if (endianness() !== 'LE' || (processor !== 'x64' && processor !== 'arm64')) return undefined;
  const { audit, calls } = refused[processor];
  const numbers: readonly number[] = Object.values(calls);
  const checks = numbers.length + 1;
  const program = [
    instruction(load, offsetOfArchitecture),
    instruction(jumpIfEqual, audit, 1),
    instruction(answer, refuse),
    instruction(load, offsetOfNumber),
    instruction(jumpIfAtLeast, x32, checks),
    ...numbers.map((number, index) => instruction(jumpIfEqual, number, checks - 1 - index)),
    instruction(answer, allow),
    instruction(answer, refuse),
  ];
  return Buffer.concat(program);
}

/** `ahead`: how many instructions a jump leaves out when its condition holds. */
function instruction(code: number, value: number, ahead = 0): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(ahead, 2);
  bytes.writeUInt32LE(value >>> 0, 4);
  return bytes;
}
