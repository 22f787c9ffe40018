// Arches that one machine installs side by side (rpm's archcolor and dnf's basearch tables).
const families: readonly (readonly [string, RegExp])[] = [
  ['x86', /^(x86_64(_v\d)?|amd64|ia32e|i[3-6]86|athlon|geode|pentium[34])$/],
  ['arm32', /^armv\w*$/],
  ['ppc64le', /^ppc64le$/],
  ['ppc', /^ppc(64)?(p7|iseries|pseries)?$/],
  ['s390', /^s390x?$/],
  ['sparc', /^sparc\w*$/],
  ['noarch', /^noarch$/],
];

/** The machines that a package's arch is for; `noarch` is for all. */
export function archFamily(arch: string): string {
  return families.find(([, pattern]) => pattern.test(arch))?.[0] ?? arch;
}

/** Whether packages of two families may meet each other's requirements. */
export function mayMeet(a: string, b: string): boolean {
  return a === b || a === 'noarch' || b === 'noarch';
}
