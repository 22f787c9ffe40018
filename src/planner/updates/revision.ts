/** `RHSA-2026:1.r3` is the third revision of `RHSA-2026:1`; the id without a suffix is the first. */
export function revisionOf(updateId: string): number {
  return Number(/\.r(\d+)$/.exec(updateId)?.[1] ?? 1);
}

export function withRevision(id: string, revision: number): string {
  return revision === 1 ? id : `${id}.r${revision}`;
}

export function withoutRevision(updateId: string): string {
  return updateId.replace(/\.r\d+$/, '');
}
