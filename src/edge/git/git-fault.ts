import { Fault } from '../../model/index.ts';

const noRoom = /no space left on device|out of diskspace|disk quota exceeded/i;
const noWrite =
  /(?:couldn't|could not|can't|cannot|unable to|failed to) (?:write|create|migrate objects)|unpacker error|read-only file system/i;

/**
 * What a git command that failed means for people: git tells a full or unwilling disk only in its words. `object` is
 * the command, or the repository that it was about.
 */
export function gitFault(object: string, check: string, found: string): Fault {
  if (noRoom.test(found)) {
    return new Fault('DiskFull', {
      object,
      check,
      expected: 'room for a few more files',
      found,
      fix: 'Make room on the file system named above and run the command again; nothing needs to be cleaned up by hand.',
    });
  }
  // A lock that is there belongs to another git, not to the disk.
  if (noWrite.test(found) && !/file exists/i.test(found)) {
    return new Fault('DiskError', {
      object,
      check,
      expected: 'files that can be written',
      found,
      fix: 'Check free space, free inodes and the rights of that folder, then run the command again.',
    });
  }
  return new Fault('ToolFailed', {
    object,
    check,
    found,
    fix: 'Run `sluice doctor`; it names what git needs here.',
  });
}
