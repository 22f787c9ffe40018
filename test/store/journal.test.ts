import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openJournal } from '../../src/store/index.ts';
import { faultOf } from '../support/fault-of.ts';
import { memoryDisk } from '../support/memory-disk.ts';
import { deathAt, refusalAt } from '../support/trouble.ts';

const directory = '/state/journal';
const clock = { now: () => 1_770_000_000 };
const file = join(directory, '000001.log');

async function journalOf(count: number) {
  const disk = memoryDisk();
  const journal = await openJournal(disk, directory, clock);
  for (let n = 1; n <= count; n += 1) await journal.append('note', { n });
  return disk;
}
const reopen = (disk: Awaited<ReturnType<typeof journalOf>>) => openJournal(disk, directory, clock);
const text = async (disk: Awaited<ReturnType<typeof journalOf>>, path: string) =>
  Buffer.from((await disk.read(path)) ?? []).toString();

describe('the journal', () => {
  test('keeps entries in one chain over several files', async () => {
    const disk = await journalOf(2005);
    const journal = await reopen(disk);
    expect(await disk.list(directory)).toEqual(['000001.log', '000002.log', '000003.log']);
    expect(journal.entries().map((e) => e.seq)).toEqual(
      Array.from({ length: 2005 }, (_, i) => i + 1),
    );
    expect(journal.entries('other')).toEqual([]);
    expect((await journal.append('note', {})).seq).toBe(2006);
    expect((await reopen(disk)).entries()).toHaveLength(2006);
  });

  test('concurrent appends keep the chain', async () => {
    const disk = await journalOf(0);
    const journal = await reopen(disk);
    await Promise.all([1, 2, 3, 4].map((n) => journal.append('note', { n })));
    expect((await reopen(disk)).entries()).toHaveLength(4);
  });

  for (const [what, damage] of [
    ['a torn last line', (t: string) => t.slice(0, -10)],
    ['a last line without its newline', (t: string) => t.slice(0, -1)],
    ['a last line with a wrong digest', (t: string) => `${t.slice(0, -20)}0000${t.slice(-16)}`],
    ['half a line of zeros after the last', (t: string) => `${t}${'\0'.repeat(40)}`],
  ] as const) {
    test(`[K09] ${what} is cut off and noted, and swallows nothing`, async () => {
      const disk = await journalOf(3);
      await disk.replace(file, damage(await text(disk, file)));
      const journal = await reopen(disk);
      const left = journal.entries().length;
      expect(left).toBe(what.includes('zeros') ? 3 : 2);
      expect(journal.notes).toHaveLength(1);
      await journal.append('note', { n: 'next' });
      const again = await reopen(disk);
      expect(again.entries().at(-1)?.data).toEqual({ n: 'next' });
      expect(again.entries()).toHaveLength(left + 1);
      expect(again.notes).toEqual([]);
    });
  }

  test('[K10] damage in the middle halts and touches nothing', async () => {
    const disk = await journalOf(3);
    const damaged = (await text(disk, file)).replace('"n":2', '"n":7');
    await disk.replace(file, damaged);
    const fault = await faultOf(() => reopen(disk));
    expect(fault.code).toBe('JournalDamaged');
    expect(fault.exit).toBe(7);
    expect(await text(disk, file)).toBe(damaged);
  });

  test('[K10] a line taken out of the middle halts', async () => {
    const disk = await journalOf(4);
    const lines = (await text(disk, file)).split('\n');
    await disk.replace(file, lines.toSpliced(1, 1).join('\n'));
    expect((await faultOf(() => reopen(disk))).code).toBe('JournalDamaged');
  });

  test('[K10] a missing file halts', async () => {
    const disk = await journalOf(2005);
    await disk.remove(join(directory, '000002.log'));
    expect((await faultOf(() => reopen(disk))).code).toBe('JournalDamaged');
  });

  test('[K10] two swapped files halt', async () => {
    const disk = await journalOf(2005);
    const [one, two] = [await text(disk, file), await text(disk, join(directory, '000002.log'))];
    await disk.replace(file, two);
    await disk.replace(join(directory, '000002.log'), one);
    expect((await faultOf(() => reopen(disk))).code).toBe('JournalDamaged');
  });

  test('[K10] a cut in a file that is not the last halts', async () => {
    const disk = await journalOf(1005);
    await disk.replace(file, (await text(disk, file)).slice(0, -10));
    expect((await faultOf(() => reopen(disk))).code).toBe('JournalDamaged');
  });

  test('[K06] an entry that found no room is not half there when room returns', async () => {
    const disk = await journalOf(2);
    const journal = await reopen(disk);
    let first = true;
    disk.trouble({
      before: (operation) => {
        if (operation !== 'append' || !first) return undefined;
        first = false;
        const { nodes } = disk;
        const node = nodes.get(file);
        if (node?.kind === 'file')
          node.inode.bytes = Buffer.concat([node.inode.bytes, Buffer.from('{"v":1,')]);
        return refusalAt(1, 'ENOSPC').before?.('append', file, 1);
      },
    });
    expect((await faultOf(() => journal.append('note', { n: 'lost' }))).code).toBe('DiskFull');
    await journal.append('note', { n: 'kept' });
    const again = await reopen(disk);
    expect(again.notes).toEqual([]);
    expect(again.entries().map((e) => e.data)).toEqual([{ n: 1 }, { n: 2 }, { n: 'kept' }]);
  });

  test('[K28] entries of a newer Sluice are neither cut off nor understood', async () => {
    const disk = await journalOf(2);
    const before = await text(disk, file);
    await disk.append(file, '{"v":2,"seq":3,"time":0,"kind":"new","data":{}}\n');
    const fault = await faultOf(() => reopen(disk));
    expect([fault.code, fault.exit]).toEqual(['StateTooNew', 7]);
    expect(await text(disk, file)).toContain(before);
    expect(await text(disk, file)).toContain('"v":2');
  });

  test('after any other failed write it refuses until it is opened again', async () => {
    const disk = await journalOf(2);
    const journal = await reopen(disk);
    disk.trouble(refusalAt(1, 'EIO', ['append']));
    expect((await faultOf(() => journal.append('note', {}))).code).toBe('DiskError');
    expect((await faultOf(() => journal.append('note', {}))).code).toBe('DiskError');
    expect((await (await reopen(disk)).append('note', {})).seq).toBe(3);
  });

  test('[K14] dying at any change of an opening that cuts a torn tail converges', async () => {
    for (let at = 1; at <= 2; at += 1) {
      const disk = await journalOf(3);
      await disk.replace(file, (await text(disk, file)).slice(0, -10));
      disk.trouble(deathAt(at, 'before'));
      await reopen(disk).catch(() => undefined);
      disk.trouble(undefined);
      expect((await reopen(disk)).entries()).toHaveLength(2);
    }
  });
});
