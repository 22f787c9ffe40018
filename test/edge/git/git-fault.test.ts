import { expect, test } from 'vitest';
import { gitFault } from '../../../src/edge/git/git-fault.ts';

/** What git 2.39 said on a full file system of 256 MB, in bytes and in inodes. */
const full = [
  "fatal: sha1 file '/s/policy.git/objects/pack/tmp_pack_aMPrnW' write error. Out of diskspace",
  'error: unable to write symref for HEAD: No space left on device',
  'fatal: unable to write loose object file: No space left on device',
  "Unable to create '/s/clone/packed-refs.lock': No space left on device",
];
const unwritten = [
  "error: cannot update ref 'refs/policy/heads/main': couldn't write '/s/refs/main.lock'",
  'error: failed to write new configuration file /s/quarantine.git/config.lock',
  '!\trefs/heads/main:refs/heads/main\t[remote rejected] (unpacker error)',
  '!\tabc:refs/sluice/generations\t[remote rejected] (unable to migrate objects to permanent storage)',
];
const others = [
  "fatal: Unable to create '/s/index.lock': File exists.",
  "fatal: '/policy' does not appear to be a git repository",
  'ended by SIGKILL',
];

test('[K06] a full or unwilling disk is told by exit 6, whatever words git finds', () => {
  for (const said of full) {
    expect(gitFault('git fetch', 'it ends well', said)).toMatchObject({
      code: 'DiskFull',
      exit: 6,
    });
  }
  for (const said of unwritten) {
    expect(gitFault('git fetch', 'it ends well', said)).toMatchObject({
      code: 'DiskError',
      exit: 6,
    });
  }
  for (const said of others) {
    expect(gitFault('git fetch', 'it ends well', said)).toMatchObject({ code: 'ToolFailed' });
  }
});
