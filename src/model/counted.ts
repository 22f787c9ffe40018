/** `1 package`, `2 packages`: nouns whose plural only takes an s. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
